# SPDX-License-Identifier: MIT
"""The values that a client sends with a prepared statement."""

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from decnet.lures.mysql.packets import BrokenPacketError, Reader
from decnet.lures.mysql.results import Encoding
from decnet.lures.sql.value import Value

_WHOLE = {1: 1, 2: 2, 13: 2, 3: 4, 9: 4, 8: 8}
_BLOBS = (249, 250, 251, 252)
_UNSIGNED = 0x80


def parameters(
    reader: Reader,
    count: int,
    types: list[tuple[int, int]],
    long_data: dict[int, bytes],
    encoding: Encoding,
    *,
    named: bool = False,
) -> list[Value]:
    """Return ``count`` values; ``types`` is kept from one execution to the next. Raises ``BrokenPacketError``."""
    if not count:
        return []
    nulls = reader.take((count + 7) // 8)
    _read_types(reader, count, types, named=named)
    values: list[Value] = []
    for place, (code, flags) in enumerate(types):
        if place in long_data:
            values.append(long_data[place] if code in _BLOBS else encoding.decode(long_data[place]))
        elif nulls[place // 8] >> place % 8 & 1 or code == 6:
            values.append(None)
        else:
            values.append(_value(reader, code, flags, encoding))
    return values


def _read_types(reader: Reader, count: int, types: list[tuple[int, int]], *, named: bool) -> None:
    """Read the types of the values, where they come anew."""
    if reader.integer(1):
        types[:] = []
        for _ in range(count):
            types.append((reader.integer(1), reader.integer(1)))
            if named:
                reader.string()
    if len(types) != count:
        raise BrokenPacketError


def _value(reader: Reader, code: int, flags: int, encoding: Encoding) -> Value:  # noqa: PLR0911 - one for each family of types
    """Return one value."""
    if code in _WHOLE:
        return int.from_bytes(reader.take(_WHOLE[code]), "little", signed=not flags & _UNSIGNED)
    if code in (4, 5):
        found = reader.real(4 if code == 4 else 8)
        return found if abs(found) < float("inf") else 0.0
    if code in (7, 10, 12, 14):
        return _moment(reader)
    if code == 11:
        return _duration(reader)
    data = reader.string()
    if code in (0, 246):
        return _decimal(data)
    if code in _BLOBS:
        return data if not _is_text(data) else encoding.decode(data)
    return encoding.decode(data)


def _is_text(data: bytes) -> bool:
    """Whether bytes are a text: clients send those as blobs, too."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decimal(data: bytes) -> Value:
    """Return an exact number that is written as text."""
    try:
        found = Decimal(data[:90].decode("ascii", "replace"))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _moment(reader: Reader) -> Value:
    """Return a date or a moment; NULL for one that is none."""
    inner = Reader(reader.take(reader.integer(1)))
    parts: list[Any] = []
    for size in (2, 1, 1, 1, 1, 1, 4):
        if inner.is_end:
            break
        parts.append(inner.integer(size))
    try:
        if len(parts) == 3:
            return date(*parts)
        return datetime(*parts) if len(parts) > 3 else None  # noqa: DTZ001 - moments here have no zone
    except ValueError:
        return None


def _duration(reader: Reader) -> Value:
    """Return a time."""
    inner = Reader(reader.take(reader.integer(1)))
    if inner.is_end:
        return timedelta(0)
    sign = -1 if inner.integer(1) else 1
    days, hours, minutes, seconds = inner.integer(4), inner.integer(1), inner.integer(1), inner.integer(1)
    return sign * timedelta(days=min(days, 40), hours=hours, minutes=minutes, seconds=seconds)
