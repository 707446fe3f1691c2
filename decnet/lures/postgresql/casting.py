# SPDX-License-Identifier: MIT
"""Casts: what a text, a number or a moment is as another type, and what the server says where it is nothing."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from decnet.lures.postgresql.kind import kind_named
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Type, Value

_WIDTHS = {"int2": 16, "int4": 32, "int8": 64}
_TRUE = ("t", "true", "true"[:2], "true"[:3], "y", "ye", "yes", "on", "1")
_FALSE = ("f", "false", "false"[:2], "false"[:3], "false"[:4], "n", "no", "of", "off", "0")
_MAX_DIGITS = 1_000
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?"
)
_INTERVAL = re.compile(
    r"([+-]?\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)|([+-]?)(\d{1,9}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?", re.IGNORECASE
)
_UNITS = {
    "microsecond": 1e-6,
    "us": 1e-6,
    "millisecond": 1e-3,
    "ms": 1e-3,
    "msec": 1e-3,
    "second": 1,
    "sec": 1,
    "s": 1,
    "minute": 60,
    "min": 60,
    "m": 60,
    "hour": 3600,
    "hr": 3600,
    "h": 3600,
    "day": 86400,
    "d": 86400,
    "week": 604800,
    "w": 604800,
    "month": 2592000,
    "mon": 2592000,
    "year": 31557600,
    "yr": 31557600,
    "y": 31557600,
    "decade": 315576000,
    "century": 3155760000,
}
_LONGEST_ARRAY = 10_000


def bad(name: str, value: object) -> SqlError:
    """Return the error for a text that is no value of a type."""
    kind = kind_named(name)
    return SqlError(Kind.BAD_VALUE, kind.title if kind else name, str(value)[:1000])


def truth_of(text: str) -> bool:
    """Return what a text is as a boolean; raises where it is none."""
    lowered = text.strip().lower()
    if lowered in _TRUE or lowered in _FALSE:
        return lowered in _TRUE
    raise bad("bool", text)


def number_of(text: str, name: str = "int4") -> Any:
    """Return what a text is as a number: whole, with a point, or special; raises where it is none."""
    stripped = text.strip()
    try:
        if re.fullmatch(r"[+-]?\d{1,60}", stripped, re.ASCII):
            return int(stripped)
        if len(stripped) > _MAX_DIGITS or "_" in stripped:
            raise bad(name, text)
        return Decimal(stripped)
    except InvalidOperation:
        raise bad(name, text) from None


def cast_value(value: Any, type_: Type) -> Value:
    """Return a value, not None, as another type; raises ``SqlError`` or ``Report``."""
    if type_.name.endswith("[]") or type_.name in ("oidvector", "int2vector"):
        return _array(value, type_)
    kind = kind_named(type_.name)
    make = _CASTS.get(kind.name if kind else "")
    if make is not None:
        return make(value)  # type: ignore[no-any-return]  # a value of the type
    if kind is not None and kind.name in _WIDTHS:
        return _whole(value, kind.name)
    return _text(value, type_)


def _text(value: Any, type_: Type) -> str:
    """Return a value as a text, cut where its type is shorter."""
    shown = ("true" if value else "false") if isinstance(value, bool) else text_of(value)
    if type_.name == "name":
        return shown[:63]
    if type_.name == '"char"' or (type_.name == "char" and not type_.length):
        return shown[:1]
    return shown[: type_.length] if type_.length else shown


def _whole(value: Any, name: str) -> int:
    """Return a value as an integer of so many bits."""
    if isinstance(value, bool):
        found = int(value)
    elif isinstance(value, str):
        found = number_of(value, name)
        if not isinstance(found, int):
            raise bad(name, value)
    else:
        found = _rounded(value, name)
    bits = _WIDTHS[name]
    if not -(1 << bits - 1) <= found < 1 << bits - 1:
        title = {"int2": "smallint", "int4": "integer", "int8": "bigint"}[name]
        if isinstance(value, str):
            raise Report(f'value "{value}" is out of range for type {title}', "22003", routine="pg_strtoint32")
        raise SqlError(Kind.OUT_OF_RANGE, title, "")
    return int(found)


def _rounded(value: Any, name: str) -> int:
    """Return a number without what stands behind its point, rounded half away from zero (numeric) or to even (float)."""
    try:
        if isinstance(value, Decimal):
            return int(value.quantize(Decimal(1), rounding="ROUND_HALF_UP"))
        if isinstance(value, float):
            return round(value)
        return int(value)
    except (ValueError, OverflowError, ArithmeticError, TypeError):
        raise SqlError(Kind.OUT_OF_RANGE, name, "") from None


def _oid(value: Any) -> int:
    """Return a value as an object's number."""
    found = number_of(value, "oid") if isinstance(value, str) else value
    if not isinstance(found, int):
        raise bad("oid", value)
    return int(found) & 0xFFFFFFFF


def _boolean(value: Any) -> bool:
    """Return a value as a boolean."""
    return truth_of(value) if isinstance(value, str) else bool(value)


def _numeric(value: Any) -> Decimal:
    """Return a value as a number of any length."""
    found = number_of(value, "numeric") if isinstance(value, str) else value
    if isinstance(found, float):
        return Decimal(repr(found))
    if isinstance(found, (bool, date, timedelta, list, bytes)):
        raise Report(f"cannot cast type {type(found).__name__} to numeric", "42846", routine="transformTypeCast")
    return Decimal(found)


def _double(value: Any) -> float:
    """Return a value as a float."""
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise bad("float8", value) from None
    except TypeError:
        raise Report(f"cannot cast type {type(value).__name__} to double precision", "42846") from None


def bytes_of(value: Any) -> bytes:
    """Return a value as bytes: hexadecimal behind a backslash and x, or the older form with octal escapes."""
    if isinstance(value, bytes):
        return value
    text = text_of(value)
    if text.startswith("\\x"):
        digits = re.sub(r"\s", "", text[2:])
        try:
            return bytes.fromhex(digits)
        except ValueError:
            wrong = next((one for one in digits if one not in "0123456789abcdefABCDEF"), "")
            words = f'invalid hexadecimal digit: "{wrong}"' if wrong else "invalid hexadecimal data: odd number of digits"
            raise Report(words, "22023", routine="hex_decode") from None
    data = text.encode("utf-8", "surrogateescape")
    return re.sub(rb"\\(\\|[0-3][0-7]{2})", lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1], 8)]), data)


def moment_of(text: str, like: object = None) -> Any:
    """Return a text as what goes with ``like``: a length of time for moments, else a moment."""
    if isinstance(like, (datetime, date, timedelta)) and not _MOMENT.match(text.strip()):
        return interval_of(text)
    return _moment(text)


def _moment(value: Any) -> datetime:
    """Return a value as a moment, with its zone."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    text = str(value).strip()
    special = {"now": lambda: datetime.now(UTC), "epoch": lambda: datetime(1970, 1, 1, tzinfo=UTC)}
    days = {"today": 0, "tomorrow": 1, "yesterday": -1}
    if text.lower() in special:
        return special[text.lower()]()
    if text.lower() in days:
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days[text.lower()])
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise bad("timestamp", value)
    numbers = [int(part or 0) for part in match.groups()[:6]]
    fraction = int((match[7] or "0").ljust(6, "0"))
    try:
        return datetime(*numbers, fraction, tzinfo=UTC) - _offset(match[8])  # type: ignore[arg-type,misc]  # six numbers
    except (ValueError, OverflowError):
        raise Report(f'date/time field value out of range: "{value}"', "22008", routine="DateTimeParseError") from None


def _offset(zone: str | None) -> timedelta:
    """Return how far a zone is from UTC."""
    match = re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})?", zone or "")
    if match is None:
        return timedelta()
    found = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -found if match[1] == "-" else found


def _plain_moment(value: Any) -> datetime:
    """Return a value as a moment without a zone."""
    return _moment(value).replace(tzinfo=None)


def _day(value: Any) -> date:
    """Return a value as a day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _moment(value).date()


def _clock(value: Any) -> time:
    """Return a value as a time of the day."""
    if isinstance(value, time):
        return value
    if isinstance(value, datetime):
        return value.time()
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(?:\S+)?", str(value))
    if match is None:
        raise bad("time", value)
    try:
        return time(int(match[1]) % 24, int(match[2]), int(match[3] or 0), int((match[4] or "0").ljust(6, "0")))
    except ValueError:
        raise bad("time", value) from None


def interval_of(value: Any) -> timedelta:
    """Return a value as a length of time; months have thirty days."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip()
    total, position = 0.0, 0
    for match in _INTERVAL.finditer(text):
        if text[position : match.start()].strip(" @,"):
            raise bad("interval", value)
        position = match.end()
        total += _seconds(match, value)
    if re.fullmatch(r"[+-]?\d{1,9}(?:\.\d{1,6})?", text):
        total, position = float(text), len(text)
    if text[position:].strip() not in ("", "ago") or not text:
        raise bad("interval", value)
    try:
        return timedelta(seconds=-total if text.endswith("ago") else total)
    except OverflowError:
        raise Report("interval out of range", "22008") from None


def _seconds(match: re.Match[str], value: Any) -> float:
    """Return the seconds of one part of a length of time; raises where its unit is none."""
    if match[2]:
        unit = match[2].lower()
        scale = _UNITS.get(unit, _UNITS.get(unit.removesuffix("s")))
        if scale is None:
            raise bad("interval", value)
        return float(match[1]) * scale
    clock = int(match[4]) * 3600 + int(match[5]) * 60 + float(match[6] or 0)
    return -clock if match[3] == "-" else clock


def _uuid(value: Any) -> str:
    """Return a value as a UUID."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise bad("uuid", value) from None


def _json(value: Any) -> str:
    """Return a value as a JSON document, as it was written."""
    text = text_of(value)
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise bad("json", text) from None
    return text


def _binary_json(value: Any) -> str:
    """Return a value as a JSON document, as it is kept."""
    return json.dumps(json.loads(_json(value)), ensure_ascii=False)


def _array(value: Any, type_: Type) -> list[Any]:
    """Return a value as an array."""
    inner = Type(type_.name.removesuffix("[]"), "text") if type_.name.endswith("[]") else Type("int4", "integer")
    if isinstance(value, list):
        items = value
    elif type_.name.endswith("[]"):
        items = array_items(text_of(value))
    else:
        items = list(text_of(value).split())
    return [None if item is None else cast_value(item, inner) for item in items[:_LONGEST_ARRAY]]


def array_items(text: str) -> list[Any]:
    """Return the items of an array of one dimension that is written as a text; raises ``Report``."""
    stripped = text.strip()
    if not (stripped.startswith("{") and stripped.endswith("}")):
        hint = 'Array value must start with "{" or dimension information.'
        raise Report(f'malformed array literal: "{text}"', "22P02", detail=hint, routine="array_in")
    items: list[Any] = []
    for match in _ITEM.finditer(stripped[1:-1]):
        if match["quoted"] is not None:
            items.append(re.sub(r"\\(.)", r"\1", match["quoted"], flags=re.DOTALL))
        elif match["plain"] is not None:
            items.append(None if match["plain"].strip().upper() == "NULL" else match["plain"].strip())
        if len(items) > _LONGEST_ARRAY:
            break
    return items


_ITEM = re.compile(r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^,"{}]++))\s*(?:,|$)', re.DOTALL)
_CASTS: dict[str, Callable[[Any], Any]] = {
    "bool": _boolean, "oid": _oid, "xid": _oid, "numeric": _numeric, "float8": _double, "float4": _double, "bytea": bytes_of,
    "timestamptz": _moment, "timestamp": _plain_moment, "date": _day, "time": _clock, "timetz": _clock, "interval": interval_of,
    "uuid": _uuid, "json": _json, "jsonb": _binary_json, "money": _numeric,
}  # fmt: skip
