# SPDX-License-Identifier: MIT
"""Where commands read from and write to."""

import asyncio
from collections.abc import AsyncIterator, Callable

from decnet.lures.shell.budget import Budget
from decnet.lures.shell.filesystem import Filesystem

CHUNK = 65536
MAX_INPUT = 1024 * 1024
MAX_PIPE = 4 * 1024 * 1024


class BrokenOutputError(Exception):
    """Nobody reads this any more (SIGPIPE)."""


class Source:
    """Bytes to read; this one is at its end from the beginning."""

    def __init__(self, data: bytes = b"") -> None:
        self._buffer = bytearray(data)
        self.is_terminal = False

    async def fetch(self) -> bytes:
        """Return the next bytes; nothing at the end."""
        return b""

    async def read(self, size: int = CHUNK) -> bytes:
        """Return up to ``size`` bytes; nothing at the end."""
        if not self._buffer:
            self._buffer += await self.fetch()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def line(self) -> bytes:
        """Return the next line with its end; nothing at the end."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0 and len(self._buffer) < MAX_INPUT:
            start = len(self._buffer)
            more = await self.fetch()
            if not more:
                end = len(self._buffer) - 1
                break
            self._buffer += more
        taken = bytes(self._buffer[: end + 1 if end >= 0 else MAX_INPUT])
        del self._buffer[: len(taken)]
        return taken

    async def all(self, limit: int = MAX_INPUT) -> bytes:
        """Return what is left, up to ``limit`` bytes."""
        while len(self._buffer) < limit:
            more = await self.fetch()
            if not more:
                break
            self._buffer += more
        taken = bytes(self._buffer[:limit])
        self._buffer.clear()
        return taken


class IteratorSource(Source):
    """Bytes from a client's channel."""

    def __init__(self, chunks: AsyncIterator[bytes], before: Callable[[], None]) -> None:
        super().__init__()
        self._chunks = chunks
        self._before = before

    async def fetch(self) -> bytes:
        """Return the next chunk; tell the shell first that the line is going to wait."""
        self._before()
        async for chunk in self._chunks:
            if chunk:
                return chunk
        return b""


class Sink:
    """Takes bytes; this one forgets them."""

    is_terminal = False

    def write(self, data: bytes) -> None:
        """Take bytes."""

    async def drain(self) -> None:
        """Wait until more may be written."""

    def close(self) -> None:
        """Take no more."""


class Output(Sink):
    """Bytes for a callable, counted against the budget of the line."""

    def __init__(self, target: Callable[[bytes], None], budget: Callable[[], Budget], *, is_terminal: bool = False) -> None:
        self._target = target
        self._budget = budget
        self.is_terminal = is_terminal

    def write(self, data: bytes) -> None:
        """Pass bytes on."""
        if data:
            self._budget().written(len(data))
            self._target(data)


class Capture(Sink):
    """Keeps bytes, up to a bound."""

    def __init__(self, budget: Budget, limit: int = MAX_INPUT) -> None:
        self.data = bytearray()
        self._budget = budget
        self._limit = limit

    def write(self, data: bytes) -> None:
        """Keep bytes; the line ends beyond the bound."""
        self.data += data
        if len(self.data) > self._limit:
            self._budget.written(MAX_PIPE * 2)


class FileOutput(Sink):
    """Bytes for a file."""

    def __init__(self, filesystem: Filesystem, path: str, *, append: bool) -> None:
        self._filesystem = filesystem
        self._path = path
        filesystem.write(path, b"", append=append)

    def write(self, data: bytes) -> None:
        """Add bytes to the file."""
        if data:
            self._filesystem.write(self._path, data, append=True)


class Pipe(Source):
    """What one command writes and the next one reads."""

    def __init__(self) -> None:
        super().__init__()
        self._pending = bytearray()
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._is_written = False
        self._is_read = False
        self.input = PipeInput(self)

    async def fetch(self) -> bytes:
        """Wait for bytes."""
        while not self._pending and not self._is_written:
            self._ready.clear()
            await self._ready.wait()
        taken, self._pending = bytes(self._pending), bytearray()
        self._room.set()
        return taken

    def put(self, data: bytes) -> None:
        """Take bytes from the writer."""
        if self._is_read or len(self._pending) > MAX_PIPE:
            raise BrokenOutputError
        self._pending += data
        self._ready.set()
        if len(self._pending) > CHUNK:
            self._room.clear()

    async def wait_for_room(self) -> None:
        """Wait until the reader has taken what is there."""
        await self._room.wait()
        if self._is_read:
            raise BrokenOutputError

    def end_writing(self) -> None:
        """Say that nothing more comes."""
        self._is_written = True
        self._ready.set()

    def end_reading(self) -> None:
        """Say that nobody reads any more."""
        self._is_read = True
        self._room.set()


class PipeInput(Sink):
    """The end of a pipe that is written to."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    def write(self, data: bytes) -> None:
        """Pass bytes to the reader; raise ``BrokenOutputError`` where there is none."""
        self._pipe.put(data)

    async def drain(self) -> None:
        """Wait until the reader has taken what is there."""
        await self._pipe.wait_for_room()

    def close(self) -> None:
        """Say that nothing more comes."""
        self._pipe.end_writing()
