# SPDX-License-Identifier: MIT
"""A bus server in the test's own loop, and clients that speak raw frames to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from decnet.bus.bus import Bus, Message, Subscription
from decnet.bus.endpoint import Endpoint
from decnet.bus.server import BusServer
from decnet.bus.wire import LENGTH_BYTES, frame_of
from decnet.config.model import Bus as Settings

DEADLINE_SECONDS = 20


@asynccontextmanager
async def serving(path: Path, **settings: Any) -> AsyncIterator[BusServer]:
    """Serve a bus on ``path`` until the block ends."""
    server = BusServer(Endpoint(path), Settings(**settings))
    await server.start({})
    task = asyncio.get_running_loop().create_task(server.run())
    try:
        yield server
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.stop()


class RawClient:
    """A client without the client library: it says whatever a test wants it to say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)

    async def hear(self) -> tuple[str, bytes]:
        """Return header and body of the next frame; ``EOFError`` where the server closed."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            header = await self.reader.readuntil(b"\n")
            length = int.from_bytes(await self.reader.readexactly(LENGTH_BYTES), "big")
            return header[:-1].decode("ascii"), await self.reader.readexactly(length)

    async def hear_the_end(self) -> list[str]:
        """Return the headers that come until the server closes."""
        headers = []
        try:
            while True:
                headers.append((await self.hear())[0])
        except (EOFError, ConnectionError):
            return headers


@asynccontextmanager
async def dialled(path: Path, name: str = "") -> AsyncIterator[RawClient]:
    """Connect to ``path``; greet as ``name`` where one is given."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**22)
    client = RawClient(reader, writer)
    try:
        if name:
            client.say(frame_of("HELLO", name))
            assert (await client.hear())[0].startswith("HELLO ")
        yield client
    finally:
        writer.transport.abort()
        # the loop still has to call connection_lost
        await asyncio.sleep(0)


async def first(subscription: Subscription) -> Message:
    """Return the next message, or fail at the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await anext(aiter(subscription))


async def take(subscription: Subscription, count: int) -> list[int]:
    """Return the numbers in the next ``count`` messages."""
    return [orjson.loads((await first(subscription)).body)["n"] for _ in range(count)]


async def publish_numbers(bus: Bus, topic: str, numbers: range) -> None:
    """Publish one message for each number."""
    for number in numbers:
        await bus.publish_raw(topic, orjson.dumps({"n": number}))
