# SPDX-License-Identifier: MIT
"""Answers: OK, errors, and results in the text and the binary form."""

import struct
from datetime import date, datetime, timedelta
from typing import Any

from decnet.lures.mysql.packets import number, string
from decnet.lures.mysql.values import integer, moment, text
from decnet.lures.mysql.values import number as as_number
from decnet.lures.mysql.wording import Wording
from decnet.lures.sql.context import Column
from decnet.lures.sql.value import Row, Type

MORE_RESULTS, AUTOCOMMIT, IN_TRANSACTION, DROPPED = 8, 2, 1, 256
_CODES = {
    "tinyint": 1, "smallint": 2, "int": 3, "float": 4, "double": 5, "null": 6, "timestamp": 7, "bigint": 8, "mediumint": 9,
    "date": 10,
    "time": 11, "datetime": 12, "year": 13, "bit": 16, "decimal": 246, "tinytext": 252, "text": 252, "mediumtext": 252,
    "longtext": 252,
    "tinyblob": 252, "blob": 252, "mediumblob": 252, "longblob": 252, "varchar": 253, "varbinary": 253, "char": 254,
    "binary": 254,
    "enum": 254, "set": 254, "boolean": 8, "bigint unsigned": 8,
}  # fmt: skip
_BINARY_CHARSET = 63
_WIDTHS = {1: 1, 2: 2, 13: 2, 3: 4, 9: 4, 8: 8}
_LENGTHS = {3: 11, 8: 20, 1: 4, 2: 6, 9: 9, 5: 23, 4: 12, 10: 10, 12: 19, 7: 19, 11: 10, 13: 4, 246: 32, 252: 65_535}
_WIDEST = 0xFFFFFFFF
_NOT_NULL, _PRIMARY, _UNIQUE, _MULTIPLE, _BLOB, _UNSIGNED, _BINARY, _ENUM, _AUTO, _SET, _NUMBER = (
    1, 2, 4, 8, 16, 32, 128, 256, 512, 2048, 32_768)  # fmt: skip


class Encoding:
    """How texts are written for one client: as UTF-8 (what is no text passes as it came), or in one byte each."""

    def __init__(self, charset: str) -> None:
        self.is_narrow = charset in ("latin1", "ascii")

    def encode(self, value: str) -> bytes:
        """Return a text as the client reads it."""
        if self.is_narrow:
            return value.encode("latin-1", "replace")
        return value.encode("utf-8", "surrogateescape")

    def decode(self, data: bytes) -> str:
        """Return what the client wrote as text."""
        return data.decode("latin-1" if self.is_narrow else "utf-8", "surrogateescape")


def ok(
    *, affected: int = 0, last_id: int = 0, status: int = AUTOCOMMIT, warnings: int = 0, info: str = "", header: int = 0
) -> bytes:
    """Return an OK packet."""
    head = (
        bytes([header])
        + number(affected)
        + number(last_id)
        + status.to_bytes(2, "little")
        + min(warnings, 65_535).to_bytes(2, "little")
    )
    return head + (string(info.encode("utf-8", "replace")) if info else b"")


def eof(status: int = AUTOCOMMIT, warnings: int = 0) -> bytes:
    """Return an EOF packet."""
    return b"\xfe" + min(warnings, 65_535).to_bytes(2, "little") + status.to_bytes(2, "little")


def failure(wording: Wording, *, modern: bool = True) -> bytes:
    """Return an error; before the client said that it speaks 4.1, without the state."""
    state = b"#" + wording.state.encode() if modern else b""
    return b"\xff" + wording.code.to_bytes(2, "little") + state + wording.message.encode("utf-8", "surrogateescape")[:508]


def code_of(type_: Type) -> int:
    """Return the number of a type."""
    return _CODES.get(type_.name, {"integer": 8, "decimal": 246, "float": 5, "bytes": 253}.get(type_.family, 253))


def definition(
    column: Column, collation: int, encoding: Encoding, *, extended: bool = False, default: bytes | None = None
) -> bytes:
    """Return the definition of a column of a result."""
    code, type_ = code_of(column.type), column.type
    is_text = type_.family in ("text", "array", "other")
    charset = collation if is_text else _BINARY_CHARSET
    texts = (b"def", *map(encoding.encode, (column.database, column.table_alias, column.table, column.title, column.name)))
    fixed = struct.pack("<HIBHBH", charset, min(_length(type_, code), _WIDEST), code, _flags(column, code), _decimals(type_), 0)
    found = b"".join(map(string, texts)) + (number(0) if extended else b"") + b"\x0c" + fixed
    return found + (b"" if default is None else default)


def _length(type_: Type, code: int) -> int:
    """Return how wide a column may be."""
    if code in (253, 254) and type_.family == "text":
        return (type_.length or 255) * 4
    if code == 252:
        return {"longtext": _WIDEST, "longblob": _WIDEST, "mediumtext": 0xFFFFFF, "mediumblob": 0xFFFFFF}.get(
            type_.name, 65_535
        )
    if code in (3, 8, 1, 2, 9, 246) and type_.length:
        return type_.length + (1 + bool(type_.scale) if code == 246 else 0)
    return _LENGTHS.get(code, type_.length or 255)


def _flags(column: Column, code: int) -> int:
    """Return what else is known of a column."""
    type_ = column.type
    flags = 0 if column.nullable else _NOT_NULL
    flags |= {"PRI": _PRIMARY, "UNI": _UNIQUE, "MUL": _MULTIPLE}.get(column.key, 0)
    flags |= _BLOB if code == 252 else 0
    flags |= _UNSIGNED if type_.unsigned else 0
    flags |= _BINARY if type_.family in ("integer", "float", "decimal", "bytes", "date", "datetime", "time", "null") else 0
    flags |= _AUTO if column.automatic else 0
    return flags | {"enum": _ENUM, "set": _SET}.get(type_.name, 0)


def _decimals(type_: Type) -> int:
    """Return how many digits stand behind the point; 31 where nobody knows."""
    if type_.family == "float":
        return 31
    return min(type_.scale, 30) if type_.family == "decimal" else 39 if type_.family == "text" and not type_.name else 0


def text_row(row: Row, encoding: Encoding) -> bytes:
    """Return a row of texts."""
    return b"".join(b"\xfb" if value is None else string(octets(value, encoding)) for value in row)


def octets(value: Any, encoding: Encoding) -> bytes:
    """Return a value as the client reads it."""
    return value if isinstance(value, bytes) else encoding.encode(text(value))


def binary_row(row: Row, columns: list[Column], encoding: Encoding) -> bytes:
    """Return a row in the binary form, each value as its column's type."""
    nulls = bytearray((len(row) + 9) // 8)
    values = b""
    for place, (value, column) in enumerate(zip(row, columns, strict=True)):
        if value is None:
            nulls[(place + 2) // 8] |= 1 << (place + 2) % 8
        else:
            values += _binary(value, code_of(column.type), encoding)
    return b"\0" + bytes(nulls) + values


def _binary(value: Any, code: int, encoding: Encoding) -> bytes:
    """Return one value."""
    if code in _WIDTHS:
        width = _WIDTHS[code]
        return (integer(value) & (1 << 8 * width) - 1).to_bytes(width, "little")
    if code in (4, 5):
        return struct.pack("<f" if code == 4 else "<d", float(as_number(value)))
    if code in (7, 10, 12):
        return _binary_moment(value, is_day=code == 10)
    if code == 11 and isinstance(value, timedelta):
        seconds = int(abs(value).total_seconds())
        return struct.pack(
            "<BBIBBB", 8, value < timedelta(0), seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
        )
    return string(octets(value, encoding))


def _binary_moment(value: Any, *, is_day: bool) -> bytes:
    """Return a date or a moment."""
    found = value if isinstance(value, (date, datetime)) else moment(value)
    if found is None:
        return b"\0"
    day = struct.pack("<HBB", found.year, found.month, found.day)
    if is_day or not isinstance(found, datetime):
        return b"\x04" + day
    clock = struct.pack("<BBB", found.hour, found.minute, found.second)
    if found.microsecond:
        return b"\x0b" + day + clock + struct.pack("<I", found.microsecond)
    return b"\x07" + day + clock
