# SPDX-License-Identifier: MIT
"""A worker that runs, on a bus in memory, without a process around it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from decnet.bus.bus import Bus, Message
from decnet.config.model import Config
from decnet.errors import ConfigError
from decnet.paths import Layout
from decnet.runtime.runner import Runner
from decnet.runtime.worker import Worker

DEADLINE_SECONDS = 20


def config(folder: Path, **sections: Any) -> Config:
    """Return a configuration whose folders lie in ``folder``; ``sections`` replace whole sections."""
    layout = Layout(runtime=folder / "run", data=folder / "data", logs=folder / "log", secrets=folder / "secrets")
    return Config(paths=layout, **sections)


@asynccontextmanager
async def running(worker: Worker, read: Config | ConfigError | None = None) -> AsyncIterator[Runner]:
    """Run ``worker`` until the block ends; ``read`` is what a reload finds. What ended it early is raised."""

    def reread() -> Config:
        if isinstance(read, ConfigError):
            raise read
        return read or worker.config

    runner = Runner(worker, reread)
    task = asyncio.get_running_loop().create_task(runner.run())
    try:
        yield runner
    finally:
        runner.stop()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await task


@asynccontextmanager
async def connected(bus: Bus) -> AsyncIterator[Bus]:
    """Run a bus client until the block ends."""
    task = asyncio.get_running_loop().create_task(bus.run())
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await bus.connected()
        yield bus
    finally:
        await bus.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def next_message(messages: AsyncIterator[Message]) -> Message:
    """Return the next message, or fail at the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await anext(messages)
