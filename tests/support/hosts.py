# SPDX-License-Identifier: MIT
"""A host with the agent and the decoys service as real processes, for tests that kill them."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from decnet.catalog import service
from scripts.lib.supervise import Supervisor
from scripts.lib.up import environment_of
from tests.support.installation import Installation

NAMES = ("bus", "agent", "decoys")


@asynccontextmanager
async def prepared(folder: Path, **variables: str) -> AsyncIterator[Installation]:
    """Give a store and keys, and run nothing yet."""
    environment = {**environment_of(folder), **variables}
    services = tuple(service(name) for name in NAMES)
    async with Supervisor(services, environment, say=print) as supervisor:
        installation = Installation(folder, environment, supervisor)
        for arguments in (("store", "migrate"), ("secrets", "create")):
            finished = await installation.command(*arguments)
            assert finished.code == 0, finished.stderr.decode()
        yield installation


async def kill(installation: Installation, name: str) -> None:
    """Kill a service, and return when it is gone."""
    child = installation.supervisor.children[name]
    os.kill(child.pid, signal.SIGKILL)
    await child.process.wait()


async def start(installation: Installation, name: str) -> None:
    """Start a service again, and return when it is ready."""
    await installation.supervisor._launch(service(name))
