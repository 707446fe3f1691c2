# SPDX-License-Identifier: MIT
"""
The bounded byte stream under a lure that parses for itself.

It counts what comes and goes on the session's account, ends a client that is silent or that does not read for
``session.idle_seconds``, and closes so that the last answer arrives.
"""

import asyncio
import time
from typing import Self

from decnet.lures.lure import Session

CHUNK = 65536
LINGER_SECONDS = 2.0
SLICE_SECONDS = 0.002
LINGER_BYTES = 1 << 20


class Stream:
    """
    A session's connection; ``buffer`` holds the bytes that came and were not taken yet.

    ``is_broken`` says that the connection broke off instead of being ended.
    """

    def __init__(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.session = session
        self.buffer = bytearray()
        self.is_open = True
        self.is_broken = False
        self._is_finished = False
        self._reader = reader
        self._writer = writer
        self._resumed_at = time.monotonic()

    @classmethod
    async def open(cls, session: Session) -> Self:
        """Return the stream of ``session``."""
        return cls(session, *await session.open_stream(CHUNK))

    async def fill(self, seconds: float | None = None) -> bool:
        """
        Wait for bytes and put them into ``buffer``; false when the client left, was silent or sent too much.

        Silence of ``seconds``, where they are given, does not end the session: ``is_open`` tells it from a client that left.
        """
        try:
            async with asyncio.timeout(self.session.idle_seconds if seconds is None else seconds):
                data = await self._reader.read(CHUNK)
        except TimeoutError:
            if seconds is None:
                self.session.end("idle")
                self.is_open = False
            return False
        except OSError:
            data = b""
            self.is_broken = True
        self.buffer += data
        self._resumed_at = time.monotonic()
        self.is_open = bool(data) and self.session.count(received=len(data))
        return self.is_open

    async def send(self, data: bytes) -> bool:
        """Write ``data`` and wait until the client has room; false when it left or does not read."""
        self.session.count(sent=len(data))
        try:
            self._writer.write(data)
            async with asyncio.timeout(self.session.idle_seconds):
                await self._writer.drain()
        except TimeoutError:
            self.session.end("idle")
            self._writer.transport.abort()
            return False
        except OSError:
            return False
        return True

    def push(self, data: bytes, limit: int) -> bool:
        """Write without waiting; false when more than ``limit`` bytes wait already."""
        if self.is_closing or self._writer.transport.get_write_buffer_size() > limit:
            return False
        self.session.count(sent=len(data))
        self._writer.write(data)
        return True

    @property
    def is_closing(self) -> bool:
        """Whether nothing more can be sent: the client left, or the stream was closed."""
        return self._is_finished or self._writer.is_closing()

    async def give_way(self) -> None:
        """Let other conversations go on when this one worked for long without waiting."""
        if time.monotonic() - self._resumed_at > SLICE_SECONDS:
            await asyncio.sleep(0)
            self._resumed_at = time.monotonic()

    async def pause(self, seconds: float) -> None:
        """Let time pass; bytes that come meanwhile wait in the kernel."""
        await asyncio.sleep(seconds)

    def take(self, size: int) -> bytes:
        """Remove and return the first ``size`` bytes of the buffer, or all of it."""
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    async def finish(self) -> None:
        """
        Close; the client gets everything that was sent.

        Closing a socket with unread bytes resets the connection and can destroy the answer on its way, so what still
        comes is read and dropped for a short while.
        """
        self._is_finished = True
        try:
            if self._writer.can_write_eof():
                self._writer.write_eof()
            async with asyncio.timeout(min(LINGER_SECONDS, self.session.idle_seconds)):
                await self._drop()
        except (TimeoutError, OSError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Close at once."""
        self._writer.close()

    async def _drop(self) -> None:
        """Read until the client closes, within bounds."""
        dropped = 0
        while dropped < LINGER_BYTES and (data := await self._reader.read(CHUNK)):
            dropped += len(data)
            if not self.session.count(received=len(data)):
                return
