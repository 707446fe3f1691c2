# SPDX-License-Identifier: MIT
"""The two ends of the hand-over in one process, with sockets on loopback addresses that nobody else uses."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from decnet.config.model import Agent
from decnet.engine.lender import Lender
from decnet.engine.listener import open_listener
from decnet.engine.messages import VERSIONS, Key, Post
from decnet.engine.relay import RelayBus
from decnet.events import Event
from decnet.host.peer import Peer
from tests.support.addresses import number_of_this_run
from tests.support.decoys import decoy

DEADLINE_SECONDS = 20
_ADDRESSES = (f"127.{high}.{number_of_this_run()}.{low}" for high, low in itertools.product(range(101, 255), range(1, 255)))


def new_key() -> Key:
    """Return an address that no other test has, in no other run either, and a port that is free there."""
    address = next(_ADDRESSES)
    with socket.create_server((address, 0)) as found:
        return Key(address, found.getsockname()[1])


def post(key: Key, name: str = "web", lure: str = "http", **options: str) -> Post:
    """Return the task of a socket."""
    return Post(key=key, decoy=decoy(name=name, addresses=(key.address,)), lure=lure, options=options)


def open_files() -> int:
    """Return how many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def everybody(_: Peer) -> None:
    """Admit whoever comes."""


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop turn until something is true, or fail at the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - what is waited for is the state of the code under test, which has no event
            await asyncio.sleep(0)


@dataclass
class Agents:
    """An agent's end, and what it heard."""

    path: Path
    arrived: int = 0
    noted: int = 0
    published: list[Event] = field(default_factory=list)
    bounds: Agent = field(default_factory=Agent)

    def make(self, admit: Callable[[Peer], None] = everybody) -> Lender:
        """Return a lender that counts here."""

        async def publish(event: Event) -> None:
            self.published.append(event)

        def arrived() -> None:
            self.arrived += 1

        def noted() -> None:
            self.noted += 1

        lock, bounds = self.path.with_suffix(".lock"), self.bounds
        return Lender(self.path, lock, host="here", admit=admit, publish=publish, arrived=arrived, noted=noted, bounds=bounds)

    @asynccontextmanager
    async def lending(self, *posts: Post, admit: Callable[[Peer], None] = everybody) -> AsyncIterator[Lender]:
        """Run a lender that holds a socket for each post."""
        lender = self.make(admit)
        lender.start()
        for task in posts:
            lender.serve(task, open_listener(task.key))
        running = asyncio.get_running_loop().create_task(lender.run())
        try:
            yield lender
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            lender.stop()


@asynccontextmanager
async def borrowing(
    path: Path, admit: Callable[[Peer], None] = everybody, versions: tuple[int, ...] = VERSIONS
) -> AsyncIterator[RelayBus]:
    """Run the decoys service's end."""
    relay = RelayBus(path, admit=admit, versions=versions)
    running = asyncio.get_running_loop().create_task(relay.run())
    try:
        yield relay
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        relay.release()
