# SPDX-License-Identifier: MIT
"""
The frames of the bus.

``VERB[ SP argument] LF``, four bytes of length (big-endian), the body. The header is printable ASCII of at most 4096 bytes,
the body has at most 1 MiB and is never looked into here. A *payload* is the length and the body as they stand in the stream:
the server forwards it as it came.
"""

import re
from collections.abc import Iterator
from struct import Struct
from typing import Final

from decnet.bus.bus import Sender
from decnet.errors import BusError

PROTOCOL: Final = 1
MAX_HEADER: Final = 4096
MAX_BODY: Final = 1024 * 1024
LENGTH_BYTES: Final = 4

HELLO, SUB, UNSUB, PUB, EVT, PING, PONG, ERR, BYE = VERBS = (
    "HELLO",
    "SUB",
    "UNSUB",
    "PUB",
    "EVT",
    "PING",
    "PONG",
    "ERR",
    "BYE",
)
_LENGTH: Final = Struct(">I").unpack_from
_KNOWN: Final = frozenset(VERBS)
_PRINTABLE: Final = re.compile(rb"[\x20-\x7e]+")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class WireError(BusError):
    """The other end does not speak the protocol of the bus."""


class Splitter:
    """
    Cut a stream into frames, however it arrives.

    No more than one unfinished frame and the last piece of the stream are kept. A frame is looked at again only when all of
    it can be there, so that a body which trickles in costs no more than one that comes at once. ``progress`` grows whenever
    frames were completed. ``in_bursts`` is for streams in which headers come again and again: those frames in a row that have
    the same header get the same object as header, found without a search.
    """

    def __init__(self, *, in_bursts: bool = False) -> None:
        self.progress = 0
        self._in_bursts = in_bursts
        self._rest = bytearray()
        self._wanted = 0

    @property
    def waits(self) -> bool:
        """Whether the stream stands in the middle of a frame."""
        return bool(self._rest)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield header and payload of every frame that ``data`` completes; raise ``WireError`` at one that is too long."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return
            data = bytes(self._rest)
            self._rest = bytearray()
        position, size, wanted, find, is_again = 0, len(data), 0, data.find, data.startswith
        header, line, width = b"", b"", 0
        while position < size:
            if not self._in_bursts or not position or not is_again(line, position):
                end = find(b"\n", position, position + MAX_HEADER + 1)
                if end < 0:
                    break
                header, line = data[position:end], data[position : end + 1] if self._in_bursts else b""
                width = end + 1 - position + LENGTH_BYTES
            begin = position + width
            if begin > size:
                break
            (length,) = _LENGTH(data, begin - LENGTH_BYTES)
            stop = begin + length
            if stop > size or length > MAX_BODY:
                wanted = _checked(length) + width
                break
            yield header, data[begin - LENGTH_BYTES : stop]
            position = stop
        self.progress += position > 0
        self._keep(data[position:], wanted)

    def _keep(self, rest: bytes, wanted: int) -> None:
        """Keep the beginning of a frame that needs ``wanted`` bytes, 0 where its header is not yet complete."""
        if not wanted and len(rest) > MAX_HEADER and b"\n" not in rest[: MAX_HEADER + 1]:
            raise WireError(f"a header is longer than {MAX_HEADER} bytes")
        self._rest = bytearray(rest)
        self._wanted = wanted


def _checked(length: int) -> int:
    """Return the length of a body that may be sent."""
    if length > MAX_BODY:
        raise WireError(f"a body of {length} bytes is longer than {MAX_BODY}")
    return length


def parse_header(header: bytes) -> tuple[str, str]:
    """Return verb and argument; raise ``WireError`` where the header is not printable ASCII or the verb is unknown."""
    if not _PRINTABLE.fullmatch(header):
        raise WireError("a header is not printable ASCII")
    verb, _, argument = header.decode("ascii").partition(" ")
    if verb not in _KNOWN:
        raise WireError(f"there is no verb {verb[:16]!r}")
    return verb, argument


def check_name(name: str) -> str:
    """Return the name that a client gives itself; raise ``WireError`` if it is no token of at most 64 characters."""
    if not _NAME.fullmatch(name):
        raise WireError("the name of a client is a token of at most 64 characters")
    return name


def head_of(verb: str, argument: str = "") -> bytes:
    """Return the header of a frame with its line feed."""
    return f"{verb} {argument}\n".encode("ascii") if argument else f"{verb}\n".encode("ascii")


def payload_of(body: bytes) -> bytes:
    """Return a body behind its length; raise ``WireError`` where it is too long."""
    return _checked(len(body)).to_bytes(LENGTH_BYTES, "big") + body


def frame_of(verb: str, argument: str = "", body: bytes = b"") -> bytes:
    """Return a whole frame."""
    return head_of(verb, argument) + payload_of(body)


def stamp_of(sender: Sender) -> bytes:
    """Return the end of the header of everything that ``sender`` sends."""
    return f" {sender.uid} {sender.pid} {sender.unit or '-'} {sender.client}\n".encode("ascii", "replace")


def parse_origin(origin: bytes) -> tuple[int, Sender]:
    """Return time (microseconds since 1970) and sender from ``<ts> <uid> <pid> <unit or -> <client>``; raise ``WireError``."""
    try:
        at, uid, pid, unit, client = origin.decode("ascii").split(" ")
        return int(at), Sender(uid=int(uid), pid=int(pid), unit="" if unit == "-" else unit, client=client)
    except ValueError as error:
        raise WireError("an event does not say where it comes from") from error
