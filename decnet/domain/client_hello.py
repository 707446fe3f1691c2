# SPDX-License-Identifier: MIT
"""
The first message of a TLS client (RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2), read for what it tells of its program.

The bytes are an attacker's. Whatever they are, reading ends with a hello, with ``MalformedHelloError``, or with the wish for
more; what is beyond ``LIMIT`` is malformed. Nothing here decides whether a handshake succeeds.
"""

import hashlib
from dataclasses import dataclass

LIMIT = 1 << 16
HANDSHAKE_RECORD, CLIENT_HELLO = 22, 1
_RECORD_HEAD, _MESSAGE_HEAD, _LARGEST_RECORD = 5, 4, (1 << 14) + 2048
_SERVER_NAME, _GROUPS, _POINT_FORMATS, _SIGNATURES, _ALPN, _VERSIONS = 0, 10, 11, 13, 16, 43
_GREASE = 0x0A0A
_MAJOR = 3
_NAMES = {0x0002: "SSL 2", 0x0300: "SSL 3", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}


class MalformedHelloError(ValueError):
    """The bytes are no ClientHello."""


@dataclass(frozen=True, kw_only=True)
class ClientHello:
    """
    What a client offers, in its order, GREASE (RFC 8701) included.

    ``version`` is the legacy one of the message; ``extensions`` are pairs of number and content.
    """

    version: int
    random: bytes
    session: bytes
    ciphers: tuple[int, ...]
    compressions: bytes
    extensions: tuple[tuple[int, bytes], ...]

    @property
    def server_name(self) -> bytes:
        """The host name asked for (RFC 6066, section 3); empty without one."""
        reader = _Reader(_Reader(self._extension(_SERVER_NAME), is_strict=False).block(2), is_strict=False)
        return reader.block(2) if reader.number(1) == 0 else b""

    @property
    def protocols(self) -> tuple[bytes, ...]:
        """The protocols of ALPN (RFC 7301)."""
        reader = _Reader(_Reader(self._extension(_ALPN), is_strict=False).block(2), is_strict=False)
        found = []
        while reader.left:
            found.append(reader.block(1))
        return tuple(found)

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions offered: those of the extension, else the legacy one alone."""
        return _numbers(_Reader(self._extension(_VERSIONS), is_strict=False).block(1)) or (self.version,)

    @property
    def groups(self) -> tuple[int, ...]:
        """The groups of the key exchange."""
        return _numbers(_Reader(self._extension(_GROUPS), is_strict=False).block(2))

    @property
    def signatures(self) -> tuple[int, ...]:
        """The signature algorithms."""
        return _numbers(_Reader(self._extension(_SIGNATURES), is_strict=False).block(2))

    @property
    def point_formats(self) -> bytes:
        """The formats of points on curves."""
        return _Reader(self._extension(_POINT_FORMATS), is_strict=False).block(1)

    @property
    def ja3(self) -> str:
        """JA3 as its authors define it: version, ciphers, extensions, groups, point formats, in decimals and without GREASE."""
        lists = (self.ciphers, [number for number, _ in self.extensions], self.groups, self.point_formats)
        return ",".join([str(self.version), *("-".join(map(str, _without_grease(values))) for values in lists)])

    @property
    def ja3_hash(self) -> str:
        """The MD5 of ``ja3``, by which programs are looked up."""
        return hashlib.md5(self.ja3.encode(), usedforsecurity=False).hexdigest()

    def _extension(self, wanted: int) -> bytes:
        """Return the content of the first extension of a number."""
        return next((content for number, content in self.extensions if number == wanted), b"")


class HelloReader:
    """Reads the beginning of a connection piece by piece; each byte is looked at once."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._message = bytearray()
        self._left = 0
        self._total = 0

    def feed(self, data: bytes) -> ClientHello | None:
        """Return the ClientHello once it is complete; none while more has to come. Raises ``MalformedHelloError``."""
        self._total += len(data)
        if self._total > 2 * LIMIT:
            raise MalformedHelloError("a ClientHello without end")
        at = 0
        while at < len(data):
            taken = self._take_head(data[at : at + _RECORD_HEAD]) if not self._left else self._take_content(data, at)
            at += taken
            hello = self._finished()
            if hello is not None:
                return hello
        return None

    def _take_head(self, data: bytes) -> int:
        """Take bytes of a record's head; return how many."""
        taken = data[: _RECORD_HEAD - len(self._head)]
        self._head += taken
        if len(self._head) == _RECORD_HEAD:
            kind, major, size = self._head[0], self._head[1], int.from_bytes(self._head[3:])
            self._head.clear()
            if kind != HANDSHAKE_RECORD or major != _MAJOR:
                raise MalformedHelloError(f"a record of type {kind} and version {major}")
            if not 0 < size <= _LARGEST_RECORD:
                raise MalformedHelloError(f"a record of {size} bytes")
            self._left = size
        return len(taken)

    def _take_content(self, data: bytes, at: int) -> int:
        """Take bytes of a record's content; return how many."""
        taken = data[at : at + self._left]
        self._message += taken
        self._left -= len(taken)
        return len(taken)

    def _finished(self) -> ClientHello | None:
        """Return the hello where its message is complete."""
        if self._message and self._message[0] != CLIENT_HELLO:
            raise MalformedHelloError(f"a handshake message of type {self._message[0]}")
        if len(self._message) < _MESSAGE_HEAD:
            return None
        size = int.from_bytes(self._message[1:_MESSAGE_HEAD])
        if size > LIMIT:
            raise MalformedHelloError(f"a ClientHello of {size} bytes")
        if len(self._message) < _MESSAGE_HEAD + size:
            return None
        return _read_message(bytes(self._message[_MESSAGE_HEAD : _MESSAGE_HEAD + size]))


def read_hello(data: bytes) -> ClientHello | None:
    """Return the ClientHello at the beginning of ``data``; as ``HelloReader.feed``."""
    return HelloReader().feed(data)


def version_name(number: int) -> str:
    """Return how people call a version."""
    return _NAMES.get(number, f"{number:#06x}")


def is_grease(number: int) -> bool:
    """Say whether a number stands for nothing, and is sent so that servers bear with what they do not know."""
    return number & 0x0F0F == _GREASE and number >> 8 == number & 0xFF


def _read_message(body: bytes) -> ClientHello:
    """Return what the message holds."""
    reader = _Reader(body)
    version, random = reader.number(2), reader.take(32)
    session, ciphers, compressions = reader.block(1), reader.block(2), reader.block(1)
    extensions = []
    if reader.left:
        inner = _Reader(reader.block(2))
        while inner.left:
            extensions.append((inner.number(2), inner.block(2)))
    return ClientHello(
        version=version,
        random=random,
        session=session,
        ciphers=_numbers(ciphers),
        compressions=compressions,
        extensions=tuple(extensions),
    )


def _numbers(data: bytes) -> tuple[int, ...]:
    """Return numbers of two bytes."""
    return tuple(int.from_bytes(data[at : at + 2]) for at in range(0, len(data) - 1, 2))


def _without_grease(numbers: "list[int] | tuple[int, ...] | bytes") -> list[int]:
    """Leave out what stands for nothing."""
    return [number for number in numbers if not is_grease(number)]


class _Reader:
    """Takes parts of some bytes; where they end too early a strict one raises, another one takes what there is."""

    def __init__(self, data: bytes, *, is_strict: bool = True) -> None:
        self._data = data
        self._is_strict = is_strict

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data)

    def take(self, size: int) -> bytes:
        """Take bytes."""
        if len(self._data) < size and self._is_strict:
            raise MalformedHelloError("a ClientHello that ends too early")
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def number(self, size: int) -> int:
        """Take a number."""
        return int.from_bytes(self.take(size))

    def block(self, size: int) -> bytes:
        """Take a block that tells its own length in ``size`` bytes."""
        return self.take(self.number(size))
