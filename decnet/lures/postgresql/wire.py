# SPDX-License-Identifier: MIT
"""
The messages of protocol 3.0, as the manual's chapter "Frontend/Backend Protocol" has them.

What the server sends is made by functions that return bytes; what a client sent is read by ``Fields``, which raises
``WireError`` and nothing else.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from decnet.lures.postgresql.report import Report

PROTOCOL = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
MAX_FIELDS = 1664
"""Columns that a row may have (MaxTupleAttributeNumber)."""

_INT = struct.Struct("!i")
_SHORT = struct.Struct("!H")


class WireError(Exception):
    """A message that breaks the protocol: its text is what the server says of it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result: its type by number, size and modifier, and where it comes from, zero where from nowhere."""

    name: str
    oid: int = 25
    size: int = -1
    modifier: int = -1
    table: int = 0
    number: int = 0


class Fields:
    """Reads the body of one message from its start to its end."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.position = 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        end = self.position + size
        if size < 0 or end > len(self.body):
            raise WireError("insufficient data left in message")
        data = self.body[self.position : end]
        self.position = end
        return data

    def byte(self) -> bytes:
        """Return the next byte."""
        if self.position >= len(self.body):
            raise WireError("no data left in message")
        return self.take(1)

    def short(self) -> int:
        """Return 16 bits without a sign."""
        return int(_SHORT.unpack(self.take(2))[0])

    def integer(self) -> int:
        """Return 32 bits with a sign."""
        return int(_INT.unpack(self.take(4))[0])

    def string(self) -> bytes:
        """Return the bytes up to the next NUL."""
        end = self.body.find(0, self.position)
        if end < 0:
            raise WireError("invalid string in message")
        data = self.body[self.position : end]
        self.position = end + 1
        return data

    def end(self) -> None:
        """Refuse what follows the last field."""
        if self.position != len(self.body):
            raise WireError("invalid message format")


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Return one message."""
    return kind + _INT.pack(len(body) + 4) + body


def cstring(text: str) -> bytes:
    """Return a text as the protocol ends it."""
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = text.encode("utf-8", "replace")
    return data.replace(b"\0", b"") + b"\0"


def authentication(code: int, data: bytes = b"") -> bytes:
    """Return a request for a login, or 0: it is done."""
    return message(b"R", _INT.pack(code) + data)


def negotiation(options: Sequence[bytes]) -> bytes:
    """Return NegotiateProtocolVersion: what of the client's wishes is not known here."""
    body = _INT.pack(PROTOCOL) + _INT.pack(len(options)) + b"".join(option + b"\0" for option in options)
    return message(b"v", body)


def parameter_status(name: str, value: str) -> bytes:
    """Return the value of a setting that clients are told."""
    return message(b"S", cstring(name) + cstring(value))


def backend_key(pid: int, key: bytes) -> bytes:
    """Return what a client has to show when it cancels."""
    return message(b"K", _INT.pack(pid) + key)


def ready(state: bytes) -> bytes:
    """Return ReadyForQuery: idle (I), in a transaction (T), in one that failed (E)."""
    return message(b"Z", state)


def complete(tag: str) -> bytes:
    """Return CommandComplete."""
    return message(b"C", cstring(tag))


def row_description(columns: Sequence[Column], formats: Sequence[int] = ()) -> bytes:
    """Return RowDescription; ``formats`` are of each column, or none for text."""
    body = bytearray(_SHORT.pack(len(columns)))
    for index, column in enumerate(columns):
        form = formats[index] if formats else 0
        body += cstring(column.name)
        body += struct.pack("!IHIhih", column.table, column.number, column.oid, column.size, column.modifier, form)
    return message(b"T", bytes(body))


def data_row(values: Iterable[bytes | None]) -> bytes:
    """Return DataRow."""
    parts = [b"\xff\xff\xff\xff" if value is None else _INT.pack(len(value)) + value for value in values]
    return message(b"D", _SHORT.pack(len(parts)) + b"".join(parts))


def parameter_description(oids: Sequence[int]) -> bytes:
    """Return ParameterDescription."""
    return message(b"t", _SHORT.pack(len(oids)) + b"".join(struct.pack("!I", oid) for oid in oids))


def copy_response(kind: bytes, columns: int, *, binary: bool = False) -> bytes:
    """Return CopyInResponse (G) or CopyOutResponse (H)."""
    form = 1 if binary else 0
    return message(kind, struct.pack("!bH", form, columns) + _SHORT.pack(form) * columns)


def notification(pid: int, channel: str, payload: str) -> bytes:
    """Return NotificationResponse."""
    return message(b"A", _INT.pack(pid) + cstring(channel) + cstring(payload))


def told(report: Report, major: int) -> bytes:
    """Return ErrorResponse or NoticeResponse."""
    body = b"".join(key.encode() + cstring(value) for key, value in report.fields(major))
    kind = b"E" if report.severity in ("ERROR", "FATAL", "PANIC") else b"N"
    return message(kind, body + b"\0")
