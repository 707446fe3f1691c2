# SPDX-License-Identifier: MIT
"""The stream of a connection behind TLS, which begins in its middle."""

import ssl
from contextlib import suppress

from decnet.lures.stream import CHUNK, Stream

_PIECE = 16_384


class SecureStream(Stream):
    """A TLS connection on ``raw``; ``buffer`` holds what was decrypted."""

    def __init__(self, raw: Stream, context: ssl.SSLContext) -> None:
        super().__init__(raw.session, raw._reader, raw._writer)  # noqa: SLF001 - one stream on another
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def handshake(self) -> bool:
        """Agree with the client; false where that failed."""
        self._feed()
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                if not await self._exchange(None):
                    return False
            except ssl.SSLError:
                await self._flush()
                return False
            else:
                return await self._flush()

    async def fill(self, seconds: float | None = None) -> bool:
        """Wait for decrypted bytes and put them into ``buffer``; as ``Stream.fill``."""
        data = b""
        while not data:
            try:
                data = self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                if not await self._exchange(seconds):
                    self.is_open = self._raw.is_open
                    return False
            except ssl.SSLError:
                await self._flush()
                break
            else:
                break
        self.buffer += data
        self.is_open = bool(data)
        return self.is_open

    async def send(self, data: bytes) -> bool:
        """Encrypt and send, piece by piece; as ``Stream.send``."""
        for at in range(0, len(data), _PIECE):
            try:
                self._tls.write(data[at : at + _PIECE])
            except ssl.SSLError:
                return False
            if not await self._flush():
                return False
        return True

    async def finish(self) -> None:
        """Say goodbye as TLS does, and close so that it arrives."""
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        await self._flush()
        await self._raw.finish()

    async def _exchange(self, seconds: float | None) -> bool:
        """Send what is ready and take what comes; false when nothing came."""
        if not await self._flush() or not await self._raw.fill(seconds):
            return False
        self._feed()
        return True

    def _feed(self) -> None:
        """Hand to TLS what has come."""
        self._incoming.write(self._raw.take(len(self._raw.buffer)))

    async def _flush(self) -> bool:
        """Send what TLS wants to send."""
        return not self._outgoing.pending or await self._raw.send(self._outgoing.read())
