# SPDX-License-Identifier: MIT
"""The ingester: brings the spools into the store, and announces what was stored."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TypeVar

from decnet.bus.bus import Bus
from decnet.config.model import Config
from decnet.errors import DiskFullError, InUseError
from decnet.runtime.worker import Worker, every
from decnet.spool.discovery import SpoolWatch
from decnet.store.ingest import open_ingest

Result = TypeVar("Result")

RETRY_SECONDS = 2.0


class Ingester(Worker):
    """Wakes when a spool changes; everything that touches the store happens in one thread."""

    name = "ingester"

    def __init__(self, config: Config, bus: Bus) -> None:
        super().__init__(config, bus)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._opened = ExitStack()

    async def start(self) -> None:
        """Open the store and watch the spools."""
        self._ingest = self._opened.enter_context(closing(await self._call(lambda: open_ingest(self.config))))
        self._watch = self._opened.enter_context(closing(SpoolWatch(self.config.paths.spool)))

    async def run(self) -> None:
        """Bring batch after batch; rest until a spool changes. Without room the spools keep everything."""
        while True:
            try:
                if not await self._bring():
                    await self._watch.changed()
            except (DiskFullError, InUseError) as error:
                self.counters.state = error.message
                await asyncio.sleep(RETRY_SECONDS)

    async def stop(self) -> None:
        """Close the store and end the thread."""
        await self._call(self._opened.close)
        self._thread.shutdown()

    async def _bring(self) -> bool:
        """Bring one batch and announce it; say whether the next one waits."""
        outcome = await self._call(self._ingest.step)
        self.counters.state = "; ".join(outcome.blocked) or "ok"
        self.counters.handled += outcome.records
        self.counters.lag = outcome.lag
        self.counters.detail["damage"] = int(self.counters.detail.get("damage", 0)) + outcome.damage
        for topic, body in outcome.messages:
            await self.bus.publish_raw(topic, body)
        return outcome.more

    @every(1)
    async def tell_writers(self) -> None:
        """Make the store durable; tell the writers what they may delete."""
        for event in await self._call(self._ingest.checkpoint):
            await self.bus.publish(event)

    @every(60)
    async def retain(self) -> None:
        """Delete what is too old or too much."""
        while await self._call(lambda: self._ingest.retain(self.config.store)):
            pass

    async def _call(self, work: Callable[[], Result]) -> Result:
        """Do something in the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
