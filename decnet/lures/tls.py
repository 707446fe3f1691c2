# SPDX-License-Identifier: MIT
"""
TLS under a lure: the bounded byte stream of a session behind it, and how keys get there.

What crosses the wire is counted where it crosses it. The first message of the client is kept as evidence before it is answered,
and so is whatever made the handshake fail.
"""

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from decnet.domain.captured import text
from decnet.domain.client_hello import ClientHello, HelloReader, MalformedHelloError, is_grease, version_name
from decnet.domain.evidence import Identified, Violation
from decnet.lures.stream import CHUNK, Stream

_PIECE = 16384
_SHOWN_BYTES = 256
_NUMBERS_SHOWN = 128


class TlsStream(Stream):
    """
    A TLS connection on ``raw``, which may have begun in its middle; ``buffer`` holds what was decrypted.

    Begin with ``handshake``.
    """

    def __init__(self, raw: Stream, context: ssl.SSLContext) -> None:
        super().__init__(raw.session, raw._reader, raw._writer)  # noqa: SLF001 - one stream on another
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._first = bytearray()
        self._reader_of_hello = HelloReader()
        self._is_known = False
        self.server_name = b""

    async def handshake(self) -> bool:
        """Agree with the client; false where that failed, which is recorded."""
        self._feed()
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                if not await self._exchange(None):
                    self._note("the client left during the TLS handshake")
                    return False
            except ssl.SSLError as error:
                self._note(reason_of(error))
                self.session.end("protocol")
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
            except ssl.SSLError as error:
                if not isinstance(error, ssl.SSLZeroReturnError | ssl.SSLEOFError):
                    self._note(reason_of(error))
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
            await self.give_way()
        return True

    @property
    def version(self) -> str:
        """The version of TLS that was agreed on."""
        return self._tls.version() or ""

    def push(self, data: bytes, limit: int) -> bool:
        """Encrypt and send without waiting; as ``Stream.push``."""
        self._tls.write(data)
        return self._raw.push(self._outgoing.read(), limit)

    async def finish(self) -> None:
        """Say goodbye as TLS does, and close so that it arrives."""
        with suppress(ssl.SSLError):  # the client's own goodbye is not waited for
            self._tls.unwrap()
        await self._flush()
        await self._raw.finish()

    async def _exchange(self, seconds: float | None) -> bool:
        """Send what is ready and take what comes; false when nothing came."""
        if not await self._flush() or not await self._raw.fill(seconds):
            return False
        self._feed()
        await self.give_way()
        return True

    def _feed(self) -> None:
        """Hand to TLS what has come; before that, keep what the client tells of itself."""
        data = self._raw.take(len(self._raw.buffer))
        if not self._is_known:
            self._look_at(data)
        self._incoming.write(data)

    def _look_at(self, data: bytes) -> None:
        """Record the first message once it is complete."""
        self._first += data[: _SHOWN_BYTES - len(self._first)]
        try:
            hello = self._reader_of_hello.feed(data)
        except MalformedHelloError:
            self._is_known = True
            return
        if hello is None:
            return
        self._is_known = True
        self.server_name = hello.server_name
        self.session.record(identified(hello))

    async def _flush(self) -> bool:
        """Send what TLS wants to send."""
        return not self._outgoing.pending or await self._raw.send(self._outgoing.read())

    def _note(self, reason: str) -> None:
        """Record why TLS ended."""
        self.session.record(Violation(reason=reason, data=text(bytes(self._first))))


@contextmanager
def as_files(*contents: bytes) -> Iterator[list[str]]:
    """
    Give paths of files that can be read once: Python loads certificates and keys from files only.

    They are pipes, so that no key is on a disk; each content is less than a pipe takes without a reader.
    """
    with ExitStack() as stack:
        paths = []
        for content in contents:
            reading, writing = os.pipe()
            stack.callback(os.close, reading)
            os.write(writing, content)
            os.close(writing)
            paths.append(f"/proc/self/fd/{reading}")
        yield paths


def reason_of(error: ssl.SSLError) -> str:
    """Return in words why TLS failed; OpenSSL names the alert that a client sent."""
    reason = str(error.reason or "unknown reason").lower().replace("_", " ")
    _, alert, name = reason.partition(" alert ")
    return f"the client ended TLS with the alert {name}" if alert else f"TLS failed: {reason}"


def identified(hello: ClientHello) -> Identified:
    """Return what a client told of itself: its lists in decimals, as JA3 has them; GREASE is named as such."""
    detail = {
        "ja3": hello.ja3,
        "server name": text(hello.server_name),
        "versions": _joined(hello.versions, version_name),
        "ciphers": _joined(hello.ciphers, str),
        "extensions": _joined([number for number, _ in hello.extensions], str),
        "groups": _joined(hello.groups, str),
        "signatures": _joined(hello.signatures, str),
        "alpn": ", ".join(text(protocol) for protocol in hello.protocols[:_NUMBERS_SHOWN]),
    }
    return Identified(
        software="TLS client", fingerprint=hello.ja3_hash, detail={name: value for name, value in detail.items() if value}
    )


def _joined(numbers: "tuple[int, ...] | list[int]", name: Callable[[int], str]) -> str:
    """Return a list of numbers as text."""
    return ", ".join("GREASE" if is_grease(number) else name(number) for number in numbers[:_NUMBERS_SHOWN])
