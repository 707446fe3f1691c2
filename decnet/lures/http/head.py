# SPDX-License-Identifier: MIT
"""
The reader of request heads (RFC 9112), made for hostile input.

It never raises, keeps every byte of a name and a value, and stops at the bounds of the server that the decoy claims to be.
A general parser would normalise or refuse what an analyst wants to see.
"""

import re
from dataclasses import dataclass

from decnet.lures.http.message import Head, Version

_VERSION = re.compile(rb"HTTP/(\d{1,3})\.(\d{1,3})")
_METHOD_START = re.compile(rb"[A-Z_-]+")
_PARTS_OF_SIMPLE_REQUEST = 2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of a head: bytes of the request line, of one field, of the whole; number of fields."""

    line: int
    field: int
    total: int
    fields: int
    eager: bool


class HeadReader:
    """Takes bytes in any pieces until ``head`` is there; ``started`` tells that more than empty lines came."""

    def __init__(self, limits: Limits) -> None:
        self.head: Head | None = None
        self.raw = bytearray()
        self._limits = limits
        self._line: Head | None = None
        self._fields: list[tuple[bytes, bytes]] = []
        self._seen = 0
        self._bare = False
        self._torn = False

    def feed(self, buffer: bytearray) -> bool:
        """Take from ``buffer`` what belongs to the head; true when the head is complete."""
        while self.head is None:
            end = buffer.find(b"\n", self._seen)
            if end < 0:
                self._seen = len(buffer)
                self._judge_partial(buffer)
                break
            line = bytes(buffer[: end + 1])
            del buffer[: end + 1]
            self._seen = 0
            self._take(line)
        return self.head is not None

    @property
    def started(self) -> bool:
        """Whether a request line came."""
        return bool(self.raw)

    def _take(self, raw: bytes) -> None:
        """Take one line with its end."""
        line = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
        self._bare = self._bare or not raw.endswith(b"\r\n")
        if self._line is None:
            if line:
                self.raw += raw
                self._take_request_line(line)
            return
        self.raw += raw
        if not line:
            self._finish("")
        elif len(raw) > self._limits.field or len(self.raw) > self._limits.total:
            self._finish("field-size")
        else:
            self._take_field(line)

    def _take_request_line(self, line: bytes) -> None:
        """Understand the request line, or end the head with a fault."""
        self._line = parse_line(line) if len(line) <= self._limits.line else Head(line=line, fault="target-size")
        if self._line.fault or not self._line.version_text:
            self._finish(self._line.fault)

    def _take_field(self, line: bytes) -> None:
        """Keep a field; a line that begins with white space continues the one before (RFC 9112, section 5.2)."""
        name, colon, value = line.partition(b":")
        self._torn = self._torn or not (colon or line[:1] in (b" ", b"\t"))
        self._fields.append((name, value.strip(b" \t")))
        if len(self._fields) > self._limits.fields:
            self._finish("fields")

    def _judge_partial(self, buffer: bytearray) -> None:
        """Refuse a line that is too long, or that no server would wait for the end of."""
        if self._line is None:
            match = _METHOD_START.match(buffer)
            if len(buffer) > self._limits.line:
                self._refuse(buffer, "target-size")
            elif self._limits.eager and buffer.strip(b"\r\n") and not match:
                self._refuse(buffer, "method")
        elif len(buffer) > self._limits.field or len(self.raw) + len(buffer) > self._limits.total:
            self._finish("field-size")

    def _refuse(self, buffer: bytearray, fault: str) -> None:
        """End the head in the middle of its first line."""
        self.raw += buffer
        self._line = Head(line=bytes(buffer), fault=fault)
        buffer.clear()
        self._finish(fault)

    def _finish(self, fault: str) -> None:
        """Make the head."""
        line = self._line or Head(line=b"")
        self.head = Head(
            line=line.line,
            method=line.method,
            target=line.target,
            version_text=line.version_text,
            version=line.version,
            fields=tuple(self._fields),
            fault=fault,
            bare=self._bare,
            torn=self._torn,
        )


def parse_line(line: bytes) -> Head:
    """Return the parts of a request line; ``fault`` is ``line`` where it is none."""
    method, _, rest = line.partition(b" ")
    target, _, last = rest.rpartition(b" ")
    match = _VERSION.fullmatch(last)
    if match is None:
        is_simple = len(line.split(b" ")) == _PARTS_OF_SIMPLE_REQUEST and bool(rest)
        return Head(line=line, method=method, target=rest, fault="" if is_simple else "line")
    version = Version(int(match[1]), int(match[2]))
    fault = "" if target.strip() and method and version >= (1, 0) else "line"
    return Head(line=line, method=method, target=target.strip(b" "), version_text=last, version=version, fault=fault)
