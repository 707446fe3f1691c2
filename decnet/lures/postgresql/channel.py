# SPDX-License-Identifier: MIT
"""Messages over a session's stream, in clear or through TLS."""

import ssl
from dataclasses import dataclass

from decnet.lures.stream import CHUNK, Stream

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
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._clear = bytearray()

    @property
    def is_encrypted(self) -> bool:
        """Whether the client speaks TLS."""
        return self._tls is not None

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS connection, where there is one."""
        return self._tls

    @property
    def _buffer(self) -> bytearray:
        """The bytes that came, deciphered."""
        return self._clear if self._tls is not None else self.stream.buffer

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
        return self._take(_SHORTEST + size)[_SHORTEST:]

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
        return Message(kind, self._take(_HEADER + size)[_HEADER:], size)

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
        if self._tls is not None:
            self._tls.write(data)
            data = self._outgoing.read()
        self.is_open = await self.stream.send(data) and self.is_open
        return self.is_open

    def push(self, data: bytes, limit: int) -> bool:
        """Send at once what the client did not ask for; false where too much waits for it already."""
        if self._tls is not None:
            self._tls.write(data)
            data = self._outgoing.read()
        return self.stream.push(data, limit)

    async def start_tls(self, context: ssl.SSLContext) -> bool:
        """Shake hands; false where the client breaks off."""
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                if not await self._exchange():
                    return False
            except (ssl.SSLError, ValueError):
                await self.stream.send(self._outgoing.read())
                return False
            else:
                break
        self._tls = tls
        return await self.stream.send(self._outgoing.read()) and self._decipher()

    async def _exchange(self) -> bool:
        """Send what the handshake has to say, and take what comes."""
        waiting = self._outgoing.read()
        if waiting and not await self.stream.send(waiting):
            return False
        if not self.stream.buffer and not await self.stream.fill():
            return False
        self._incoming.write(self.stream.take(len(self.stream.buffer)))
        return True

    def _decipher(self) -> bool:
        """Move what came through TLS to the clear side; false where it is at its end or broken."""
        if self._tls is None:
            return True
        self._incoming.write(self.stream.take(len(self.stream.buffer)))
        try:
            while data := self._tls.read(CHUNK):
                self._clear += data
        except ssl.SSLWantReadError:
            return True
        except (ssl.SSLError, ValueError):
            self.is_open = False
        return False

    async def _fill(self) -> bool:
        """Wait for bytes."""
        if not await self.stream.fill():
            self.is_open = False
            return False
        before = len(self._clear)
        return self._decipher() or len(self._clear) > before

    async def _need(self, size: int) -> bool:
        """Wait until ``size`` bytes are there."""
        while len(self._buffer) < size:
            if not self.is_open or not await self._fill():
                return False
        return True

    async def _drop(self, size: int) -> bool:
        """Let ``size`` bytes pass."""
        while size:
            if not self._buffer and not await self._fill():
                return False
            size -= len(self._take(min(size, len(self._buffer))))
        return True

    def _take(self, size: int) -> bytes:
        """Remove and return bytes of the buffer."""
        buffer = self._buffer
        data = bytes(buffer[:size])
        del buffer[:size]
        return data
