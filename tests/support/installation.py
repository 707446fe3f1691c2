# SPDX-License-Identifier: MIT
"""A whole decnet in a private folder: real processes, a real store, decoys on loopback addresses."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decnet.catalog import Role, services_of
from decnet.config.load import load
from decnet.config.model import Config
from scripts.lib.supervise import DECNET, Supervisor
from scripts.lib.up import environment_of
from tests.support.clients import Finished, run
from tests.support.dashboards import listening

DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Place:
    """Where a lure listens."""

    address: str
    port: int


@dataclass
class Installation:
    """A running decnet and its command line."""

    folder: Path
    environment: dict[str, str]
    supervisor: Supervisor

    @property
    def config(self) -> Config:
        """The configuration that its processes see."""
        return load(self.environment).config

    async def command(self, *arguments: str) -> Finished:
        """Run ``decnet ARGUMENTS``."""
        return await run(str(DECNET), *arguments, environment=self.environment)

    async def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a listing and return its rows."""
        finished = await self.command(*arguments, "--format", "json")
        assert finished.code == 0, finished.stderr.decode()
        return [json.loads(line) for line in finished.stdout.splitlines()]

    async def evidence(self, *filters: str) -> list[dict[str, Any]]:
        """Return the evidence, secrets shown."""
        return await self.rows("evidence", "list", "--reveal", "--limit", "1000000", *filters)

    async def kill(self, name: str) -> None:
        """End a service as a power cut would, and wait until it is gone."""
        process = self.supervisor.children[name].process
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()

    async def place(self, lure: str, decoy: str = "") -> Place:
        """Return where a lure listens."""
        for row in await self.rows("status"):
            for found in row["lures"]:
                if found["name"] == lure and decoy in ("", row["name"]):
                    return Place(found["address"], found["port"])
        raise AssertionError(f"no decoy speaks {lure}")


@asynccontextmanager
async def installed(folder: Path, *deploy: str, **variables: str) -> AsyncIterator[Installation]:
    """Run a master in ``folder``, with the decoys that ``decnet deploy DEPLOY`` makes, until the block ends."""
    environment = {**environment_of(folder), "DECNET_WEB_LISTEN": listening(), **variables}
    said: list[str] = []
    async with Supervisor(services_of(Role.MASTER), environment, say=said.append) as supervisor:
        installation = Installation(folder, environment, supervisor)
        for arguments in (("store", "migrate"), ("secrets", "create")):
            finished = await installation.command(*arguments)
            assert finished.code == 0, finished.stderr.decode()
        await supervisor.start()
        if deploy:
            finished = await installation.command("deploy", *deploy, "--yes")
            assert finished.code == 0, finished.stderr.decode()
        yield installation


@asynccontextmanager
async def kept(installation: Installation) -> AsyncIterator[None]:
    """Start again what dies, until the block ends."""
    keeping = asyncio.get_running_loop().create_task(installation.supervisor.keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def files(folder: Path) -> list[Path]:
    """Return every regular file under ``folder``."""
    found = [Path(parent) / name for parent, _, names in os.walk(folder) for name in names]
    return [path for path in found if path.is_file()]


def files_with(folder: Path, needle: bytes) -> list[Path]:
    """Return every file under ``folder`` that holds ``needle``."""
    return [path for path in files(folder) if needle in path.read_bytes()]
