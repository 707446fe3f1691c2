# SPDX-License-Identifier: MIT
"""Values as the server sends them: the text that every client reads, and the binary form of those types that have one here."""

import math
import re
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from decnet.lures.postgresql.kind import BY_ARRAY, BY_OID, Named
from decnet.lures.postgresql.wire import WireError

EPOCH = date(2000, 1, 1)
_MICROSECONDS = 1_000_000
_DAY = 86_400 * _MICROSECONDS
_PLAIN_ITEM = re.compile(r'[^\s{}",\\]+')
_DIGITS = 4
_MOST_DIGITS = 20_000
_WEIGHT = 10_000
_LARGEST_EXPONENT = 15
_SMALLEST_EXPONENT = -5


def as_text(value: Any, oid: int) -> bytes:
    """Return a value, not None, in its text form."""
    return encoded(text_of(value, oid))


def encoded(text: str) -> bytes:
    """Return the bytes of a text; a surrogate that hides no byte, as JSON can bring one, is a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def text_of(value: Any, oid: int = 25) -> str:  # noqa: PLR0911 - one line for each kind of value
    """Return a value, not None, as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return value.name if isinstance(value, Named) else str(value)
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, Decimal):
        return _decimal_text(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, list):
        return _vector_text(value) if oid in (22, 30) else array_text(value, oid)
    return _time_text(value, oid)


def _decimal_text(value: Decimal) -> str:
    """Return a number without an exponent, but for one that no memory would hold."""
    if not value.is_finite():
        return "NaN"
    return format(value, "f") if abs(value.adjusted()) < _MOST_DIGITS else str(value)


def _float_text(value: float) -> str:
    """Return a float as float8out does with its shortest digits."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits = repr(value)
    mantissa, _, exponent = f"{value:e}".partition("e")
    del mantissa
    power = int(exponent)
    if value and not _SMALLEST_EXPONENT < power < _LARGEST_EXPONENT:
        shortest = f"{Decimal(digits).normalize():e}" if "e" not in digits else digits
        head, _, tail = shortest.lower().partition("e")
        return f"{head.removesuffix('.0')}e{int(tail or power):+03d}"
    return digits.removesuffix(".0") if "e" not in digits else format(Decimal(digits), "f")


def _time_text(value: Any, oid: int) -> str:
    """Return a moment, a day or a length of time as text, DateStyle ISO."""
    if isinstance(value, datetime):
        zone = "+00" if oid == 1184 or value.tzinfo is not None else ""
        bare = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return _trimmed(bare.isoformat(" ")) + zone
    if isinstance(value, (date, time)):
        return _trimmed(value.isoformat())
    if isinstance(value, timedelta):
        return interval_text(value)
    return str(value)


def _trimmed(text: str) -> str:
    """Return a time without zeros behind its point."""
    return text.rstrip("0").removesuffix(".") if "." in text else text


def interval_text(value: timedelta) -> str:
    """Return a length of time, IntervalStyle postgres."""
    total = value // timedelta(microseconds=1)
    days, rest = divmod(abs(total), _DAY)
    sign = "-" if total < 0 else ""
    parts = [f"{sign}{days} day{'' if days == 1 and not sign else 's'}"] if days else []
    if rest or not days:
        seconds, fraction = divmod(rest, _MICROSECONDS)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        parts.append(sign + _trimmed(f"{clock}.{fraction:06d}" if fraction else clock))
    return " ".join(parts)


def array_text(items: list[Any], oid: int) -> str:
    """Return an array as array_out writes it."""
    inner = BY_ARRAY[oid].oid if oid in BY_ARRAY else 25
    return "{" + ",".join(_item_text(item, inner, oid) for item in items) + "}"


def _item_text(item: Any, inner: int, outer: int) -> str:
    """Return one item of an array."""
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return array_text(item, outer)
    text = text_of(item, inner)
    if _PLAIN_ITEM.fullmatch(text) and text.upper() != "NULL":
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _vector_text(items: list[Any]) -> str:
    """Return an int2vector or an oidvector."""
    return " ".join(str(item) for item in items)


def as_binary(value: Any, oid: int) -> bytes:
    """Return a value, not None, in its binary form; raises ``ValueError`` where the type has none here or it does not fit."""
    if isinstance(value, list) and oid in BY_ARRAY:
        return _array_binary(value, oid)
    kind = BY_OID.get(oid)
    name = kind.name if kind else ""
    make = _BINARY.get(name)
    if make is None:
        if kind is not None and kind.family == "text":
            return as_text(value, oid)
        raise ValueError(f"no binary output function available for type {name or oid}")
    try:
        return make(value)
    except (struct.error, TypeError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _array_binary(items: list[Any], oid: int) -> bytes:
    """Return an array of one dimension (array_send)."""
    inner = BY_ARRAY[oid].oid
    has_null = int(any(item is None for item in items))
    head = struct.pack("!iiI", 1 if items else 0, has_null, inner)
    if items:
        head += struct.pack("!ii", len(items), 1)
    parts = [head]
    for item in items:
        data = b"" if item is None else as_binary(item, inner)
        parts.append(struct.pack("!i", -1 if item is None else len(data)) + data)
    return b"".join(parts)


def _numeric(value: Any) -> bytes:
    """Return a number as numeric_send does: digits to the base of ten thousand."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        return struct.pack("!hhHh", 0, 0, 0xC000, 0)
    sign, digits, exponent = number.as_tuple()
    scale = max(0, -int(exponent))
    text = "".join(map(str, digits)) + "0" * max(0, int(exponent))
    text = text.rjust(scale, "0")
    whole, fraction = (text[:-scale], text[-scale:]) if scale else (text, "")
    whole = whole.lstrip("0")
    whole = whole.rjust(-(-len(whole) // _DIGITS) * _DIGITS, "0")
    fraction = fraction.ljust(-(-len(fraction) // _DIGITS) * _DIGITS, "0")
    groups = [int((whole + fraction)[at : at + _DIGITS]) for at in range(0, len(whole + fraction), _DIGITS)]
    weight = len(whole) // _DIGITS - 1
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    head = struct.pack("!hhHh", len(groups), weight if groups else 0, 0x4000 if sign and groups else 0, scale)
    return head + b"".join(struct.pack("!h", group) for group in groups)


def _moment(value: Any) -> bytes:
    """Return the microseconds since 2000."""
    bare = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return struct.pack("!q", (bare - datetime(2000, 1, 1)) // timedelta(microseconds=1))  # noqa: DTZ001 - as the type has none


def _clock(value: Any) -> bytes:
    """Return the microseconds since midnight."""
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return struct.pack("!q", seconds * _MICROSECONDS + value.microsecond)


def _interval(value: Any) -> bytes:
    """Return microseconds, days and months."""
    total = value // timedelta(microseconds=1)
    days = int(total / _DAY)
    return struct.pack("!qii", total - days * _DAY, days, 0)


_BINARY: dict[str, Callable[[Any], bytes]] = {
    "bool": lambda value: b"\1" if value else b"\0",
    "bytea": lambda value: value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape"),
    "int2": lambda value: struct.pack("!h", int(value)),
    "int4": lambda value: struct.pack("!i", int(value)),
    "int8": lambda value: struct.pack("!q", int(value)),
    "oid": lambda value: struct.pack("!I", int(value)),
    "xid": lambda value: struct.pack("!I", int(value)),
    "float4": lambda value: struct.pack("!f", value),
    "float8": lambda value: struct.pack("!d", value),
    "numeric": _numeric,
    "date": lambda value: struct.pack("!i", (value - EPOCH).days),
    "time": _clock,
    "timestamp": _moment,
    "timestamptz": _moment,
    "interval": _interval,
    "uuid": lambda value: uuid.UUID(str(value)).bytes,
    "jsonb": lambda value: b"\1" + str(value).encode("utf-8", "surrogateescape"),
    "void": lambda _: b"",
}


def from_binary(data: bytes, oid: int) -> Any:
    """Return a value that came in binary form; raises ``WireError`` where it is not of its type."""
    if oid in BY_ARRAY:
        return _array_from(data)
    kind = BY_OID.get(oid)
    name = kind.name if kind else "text"
    form = {"int2": "!h", "int4": "!i", "int8": "!q", "oid": "!I", "float4": "!f", "float8": "!d", "bool": "!?"}.get(name)
    try:
        if form is not None:
            return struct.unpack(form, data)[0]
        return _READ[name](data) if name in _READ else data.decode("utf-8", "surrogateescape")
    except (struct.error, ValueError, ArithmeticError) as error:
        raise WireError("incorrect binary data format in bind parameter") from error


def _array_from(data: bytes) -> list[Any]:
    """Return the items of an array of one dimension."""
    try:
        dimensions, _, inner = struct.unpack_from("!iiI", data)
        if not dimensions:
            return []
        count = struct.unpack_from("!i", data, 12)[0]
        position, items = 20, []
        for _ in range(min(count, len(data) // 4)):
            size = struct.unpack_from("!i", data, position)[0]
            position += 4
            items.append(
                None if size < 0 else from_binary(data[position : position + size], inner if inner not in BY_ARRAY else 25)
            )
            position += max(size, 0)
    except struct.error as error:
        raise WireError("incorrect binary data format in bind parameter") from error
    return items


def _numeric_from(data: bytes) -> Decimal:
    """Return a number of digits to the base of ten thousand."""
    count, weight, sign, scale = struct.unpack_from("!hhHh", data)
    if sign == 0xC000:
        return Decimal("NaN")
    if not 0 <= count <= len(data) // 2 or not -_WEIGHT < weight < _WEIGHT or scale < 0:
        raise ValueError("no number")
    groups = struct.unpack_from(f"!{count}h", data, 8)
    text = "".join(f"{group:04d}" for group in groups) or "0"
    number = Decimal(int(text)).scaleb((weight + 1 - count) * _DIGITS)
    return (-number if sign else number).quantize(Decimal(1).scaleb(-min(scale, 1000)))


_READ: dict[str, Callable[[bytes], Any]] = {
    "bytea": bytes,
    "numeric": _numeric_from,
    "date": lambda data: EPOCH + timedelta(days=struct.unpack("!i", data)[0]),
    "timestamp": lambda data: datetime(2000, 1, 1) + timedelta(microseconds=struct.unpack("!q", data)[0]),  # noqa: DTZ001 - as the type has none
    "timestamptz": lambda data: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=struct.unpack("!q", data)[0]),
    "time": lambda data: (datetime(2000, 1, 1) + timedelta(microseconds=struct.unpack("!q", data)[0])).time(),  # noqa: DTZ001 - as the type has none
    "interval": lambda data: timedelta(days=struct.unpack("!qii", data)[1], microseconds=struct.unpack("!qii", data)[0]),
    "uuid": lambda data: str(uuid.UUID(bytes=data)),
    "jsonb": lambda data: data[1:].decode("utf-8", "surrogateescape"),
}
