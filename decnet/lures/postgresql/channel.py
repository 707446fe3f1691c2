# SPDX-License-Identifier: MIT
"""Messages over a session's stream, in clear or through TLS."""

import ssl
from dataclasses import dataclass

from decnet.lures.stream import Stream
from decnet.lures.tls import TlsStream

MAX_MESSAGE = 2 << 20
"""Bytes of a message that are kept; of a longer one only its length is."""
_SEND_AT = 65_536
_HEADER = 5
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its kind, a byte, and its body; ``size`` is what the client said, more than is kept of a long one."""

    kind: bytes
    body: bytes
    size: int

    @property
    def is_cut(self) -> bool:
        """Whether it was too long to be kept."""
        return self.size > len(self.body)


class Channel:
    """Reads messages and writes answers; ``is_open`` is false once the client left or broke the protocol's frame."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.is_open = True
        self.broken = b""
        self._out = bytearray()

    @property
    def tls_version(self) -> str:
        """The version of TLS that the client speaks; empty where it speaks in clear."""
        return self.stream.version if isinstance(self.stream, TlsStream) else ""

    @property
    def _buffer(self) -> bytearray:
        """The bytes that came, deciphered."""
        return self.stream.buffer

    async def packet(self, limit: int) -> bytes | None:
        """Return the body of a message that has no kind, as the first ones have none; none where it is too long or cut."""
        if not await self._need(_SHORTEST):
            return None
        size = int.from_bytes(self._buffer[:_SHORTEST]) - _SHORTEST
        if not _SHORTEST <= size <= limit:
            self.broken = bytes(self._buffer[:256])
            return None
        if not await self._need(_SHORTEST + size):
            self.broken = bytes(self._buffer[:256])
            return None
        return self.stream.take(_SHORTEST + size)[_SHORTEST:]

    async def byte(self) -> bytes | None:
        """Return the next byte without taking it."""
        return bytes(self._buffer[:1]) if await self._need(1) else None

    async def message(self) -> Message | None:
        """Return the next message; none when the client left, was silent, or sent what is no frame."""
        if not await self._need(_HEADER):
            self.broken = bytes(self._buffer[:256])
            return None
        kind, size = bytes(self._buffer[:1]), int.from_bytes(self._buffer[1:_HEADER], signed=True) - _SHORTEST
        if size < 0:
            self.broken = bytes(self._buffer[:256])
            self.is_open = False
            return None
        if size > MAX_MESSAGE:
            return Message(kind, b"", size) if await self._drop(_HEADER + size) else None
        if not await self._need(_HEADER + size):
            self.broken = bytes(self._buffer[:256])
            return None
        return Message(kind, self.stream.take(_HEADER + size)[_HEADER:], size)

    def waits(self) -> bool:
        """Whether a whole message has come already."""
        buffer = self._buffer
        return len(buffer) >= _HEADER and len(buffer) > int.from_bytes(buffer[1:_HEADER])

    def put(self, data: bytes) -> None:
        """Add bytes to the answer."""
        self._out += data

    async def put_much(self, data: bytes) -> bool:
        """Add bytes to the answer, and send when they are many; false when the client left."""
        self._out += data
        return await self.flush() if len(self._out) > _SEND_AT else self.is_open

    async def flush(self) -> bool:
        """Send the answer; false when the client left."""
        if not self._out:
            return self.is_open
        data, self._out = bytes(self._out), bytearray()
        self.is_open = await self.stream.send(data) and self.is_open
        return self.is_open

    def push(self, data: bytes, limit: int) -> bool:
        """Send at once what the client did not ask for; false where too much waits for it already."""
        return self.stream.push(data, limit)

    async def start_tls(self, context: ssl.SSLContext) -> bool:
        """Shake hands; false where the client breaks off."""
        stream = TlsStream(self.stream, context)
        if not await stream.handshake():
            return False
        self.stream = stream
        return True

    async def _need(self, size: int) -> bool:
        """Wait until ``size`` bytes are there."""
        while len(self._buffer) < size:
            if not self.is_open or not await self._fill():
                return False
        return True

    async def _fill(self) -> bool:
        """Wait for bytes."""
        self.is_open = await self.stream.fill()
        return self.is_open

    async def _drop(self, size: int) -> bool:
        """Let ``size`` bytes pass."""
        while size:
            if not self._buffer and not await self._fill():
                return False
            size -= len(self.stream.take(min(size, len(self._buffer))))
        return True
