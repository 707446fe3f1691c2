# SPDX-License-Identifier: MIT
"""One connection of a client to the server: frames out, frames in, and its end."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, cast

from decnet.bus.wire import BYE, LENGTH_BYTES, PING, PONG, Splitter, WireError, frame_of, parse_header

RECEIVE_BYTES: Final = 256 * 1024
BATCH_BYTES: Final = 64 * 1024
BURST_SECONDS: Final = 0.0002
"""A frame that is sent so soon after the last write is part of a burst."""

Other = Callable[[bytes, bytes], None]
Deliver = Callable[[Iterable[tuple[bytes, bytes]], Other], None]
Obey = Callable[[str, str, bytes], None]


class Link(asyncio.BufferedProtocol):
    """
    The protocol of one connection.

    A frame that comes alone is written at once; those of a burst are collected and written once for each turn of the loop, or
    earlier when they are a good batch.
    ``deliver`` gets the frames that arrived and hands back what is no event; ``obey`` gets the verb, argument and body of
    the server's answers.
    """

    transport: asyncio.Transport

    def __init__(self, deliver: Deliver, obey: Obey) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.fault: WireError | None = None
        self.is_full = False
        self._deliver = deliver
        self._obey = obey
        self._splitter = Splitter()
        self._buffer = bytearray(RECEIVE_BYTES)
        self._waiting: list[bytes] = []
        self._size = 0
        self._clock = asyncio.get_running_loop().time
        self._written_at = -BURST_SECONDS
        self._room: asyncio.Future[None] | None = None
        self._pongs: list[asyncio.Future[None]] = []

    @property
    def waiting(self) -> int:
        """The number of frames that were not yet given to the system."""
        return len(self._waiting)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended changes nothing
        """Let everybody go who waits for something from this connection."""
        if not self.lost.done():
            self.lost.set_result(None)
        self.resume_writing()
        for pong in self._pongs:
            if not pong.done():
                pong.set_result(None)

    def pause_writing(self) -> None:
        """Let publishers wait: the server has enough to do."""
        self.is_full = True

    def resume_writing(self) -> None:
        """Let publishers go on."""
        self.is_full = False
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - one size suits all
        """Return the receive buffer."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what the server sent; a server that breaks the protocol is left."""
        try:
            self._deliver(self._splitter.feed(bytes(memoryview(self._buffer)[:nbytes])), self._answer)
        except WireError as error:
            self.fault = error
            self.transport.abort()

    def send(self, frame: bytes) -> None:
        """Write a frame at once, or queue it where it is part of a burst."""
        waiting = self._waiting
        if not waiting:
            now = self._clock()
            if now - self._written_at >= BURST_SECONDS and not self.transport.is_closing():
                self._written_at = now
                self.transport.write(frame)
                return
            asyncio.get_running_loop().call_soon(self.flush)
        waiting.append(frame)
        self._size += len(frame)
        if self._size >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Give what is queued to the system."""
        if self._waiting and not self.transport.is_closing():
            waiting, self._waiting, self._size = self._waiting, [], 0
            self._written_at = self._clock()
            self.transport.write(b"".join(waiting))

    async def room(self) -> None:
        """Wait until the server takes more, or the connection is lost."""
        while self.is_full and not self.lost.done():
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    async def ping(self) -> None:
        """Return once the server has dealt with everything that was sent before, or the connection is lost."""
        if self.lost.done():
            return
        pong: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        self.send(frame_of(PING))
        await pong

    async def close(self, seconds: float) -> None:
        """Send what is queued, say BYE, wait for the end of the connection, but not for ever."""
        self.send(frame_of(BYE))
        self.flush()
        self.transport.close()
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self.lost)
        except TimeoutError:
            self.transport.abort()

    def _answer(self, header: bytes, payload: bytes) -> None:
        """Answer PING, end the wait for PONG, pass on the rest."""
        verb, argument = parse_header(header)
        if verb == PING:
            self.send(frame_of(PONG))
        elif verb == PONG and self._pongs:
            pong = self._pongs.pop(0)
            if not pong.done():
                pong.set_result(None)
        else:
            self._obey(verb, argument, payload[LENGTH_BYTES:])
