# SPDX-License-Identifier: MIT
"""Values as MySQL compares, calculates and shows them."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Interval, Value

DECIMALS = Context(prec=65, rounding=ROUND_HALF_UP)
BITS = (1 << 64) - 1
_LEAST, _MOST = -(1 << 63), BITS
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")
_MOMENT = re.compile(
    r"\s*(\d{4}|\d{2})[-/.:](\d{1,2})[-/.:](\d{1,2})(?:[T ]+(\d{1,2})(?:[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.(\d{1,6})\d*)?)?)?)?"
)
_DIGITS = re.compile(r"(\d{14}|\d{12}|\d{8}|\d{6})(?!\d)")
_LONGEST_NUMBER = 80
_LONG = 512


def text(value: Any) -> str:  # noqa: PLR0911 - one for each type
    """Return a value, not None, as text; bytes that are no UTF-8 become lone surrogates."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, timedelta):
        return duration_text(value)
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def float_text(value: float) -> str:
    """Return a floating point number as the server writes it."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    shown = repr(value)
    mantissa, letter, exponent = shown.partition("e")
    mantissa = mantissa.removesuffix(".0")
    if letter:
        return f"{mantissa}e{int(exponent)}"
    return format(Decimal(shown), "f") if abs(value) < 1e15 else _exponential(value)


def _exponential(value: float) -> str:
    """Return a big number with an exponent."""
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def duration_text(value: timedelta) -> str:
    """Return a duration as TIME is written."""
    seconds = abs(value.days * 86_400 + value.seconds) if value.days >= 0 else -(value.days * 86_400 + value.seconds)
    fraction = f".{value.microseconds:06}" if value.microseconds else ""
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


def number(value: Any) -> int | float | Decimal:
    """Return a value, not None, as the number that it counts as; a text counts as what it begins with."""
    if isinstance(value, (int, float, Decimal)):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, bytes):
        is_short = 0 < len(value) <= 8 and not value.isdigit()
        return int.from_bytes(value) if is_short else number(value.decode("latin-1"))
    if isinstance(value, datetime):
        return int(value.strftime("%Y%m%d%H%M%S"))
    if isinstance(value, date):
        return int(value.strftime("%Y%m%d"))
    if isinstance(value, timedelta):
        return int(duration_text(value).replace(":", "").partition(".")[0])
    return _of_text(str(value))


def _of_text(value: str) -> float:
    """Return what a text begins with, as a number."""
    match = _NUMBER.match(value[:_LONGEST_NUMBER])
    if match is None or not match[1].isascii():
        return 0.0
    found = float(match[1])
    return found if abs(found) != float("inf") else 1.7976931348623157e308


def integer(value: Any) -> int:
    """Return a value, not None, as a whole number, rounded."""
    found = number(value)
    if isinstance(found, float):
        found = max(min(found, 1.8e19), -1.8e19)
        return int(Decimal(found).to_integral_value(ROUND_HALF_UP))
    exact = found.to_integral_value(ROUND_HALF_UP) if isinstance(found, Decimal) else found
    return int(exact)


def collated(value: str) -> str:
    """Return what is the same for texts that a case-insensitive collation takes for equal; long ones differ in accents."""
    return _kept_collated(value) if len(value) < _LONG else value.upper()


@lru_cache(maxsize=2048)
def _kept_collated(value: str) -> str:
    """Return the same for a short text, and keep it: the long ones are an attacker's."""
    if value.isascii():
        return value.upper().rstrip(" ")
    plain = unicodedata.normalize("NFD", value)
    return "".join(char for char in plain if not unicodedata.combining(char)).upper().rstrip(" ")


def compare(left: Any, right: Any) -> int:
    """Return how two values, neither of them None, are ordered."""
    if isinstance(left, str) and isinstance(right, str):
        one: Any = collated(left)
        other: Any = collated(right)
    elif isinstance(left, (str, bytes)) and isinstance(right, (str, bytes)):
        one, other = text(left), text(right)
    elif isinstance(left, (date, time)) or isinstance(right, (date, time)):
        one, other = _moments(left, right)
    else:
        one, other = number(left), number(right)
        if isinstance(one, float) or isinstance(other, float):
            one, other = float(one), float(other)
    return int(one > other) - int(one < other)


def _moments(left: Any, right: Any) -> tuple[Any, Any]:
    """Return a moment and what it is compared with in one form."""
    if isinstance(left, (int, float, Decimal)) or isinstance(right, (int, float, Decimal)):
        return number(left), number(right)
    one, other = (moment(value) if not isinstance(value, time) else None for value in (left, right))
    return (one, other) if one is not None and other is not None else (text(left), text(right))


def moment(value: Any) -> datetime | None:
    """Return a value as a moment; None where it is none."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - moments here have no zone
    if isinstance(value, (timedelta, float)) or value is None:
        return None
    written = text(value)[:40]
    match = _MOMENT.match(written)
    parts = [int(part or 0) for part in match.groups()[:6]] if match else _digits(written)
    if parts is None:
        return None
    if parts[0] < 100 and not (match and len(match[1]) == 4):
        parts[0] += 2000 if parts[0] < 70 else 1900
    micros = int((match[7] or "0").ljust(6, "0")) if match else 0
    try:
        year, month, day, hour, minute, second = parts
        return datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001 - moments here have no zone
    except ValueError:
        return None


def _digits(written: str) -> list[int] | None:
    """Return the parts of a moment that is written as a number."""
    match = _DIGITS.match(written)
    if match is None:
        return None
    digits = match[1]
    width = 4 if len(digits) in (8, 14) else 2
    rest = digits[width:].ljust(10, "0")
    return [int(digits[:width]), *(int(rest[place : place + 2]) for place in range(0, 10, 2))]


def calculate(operator: str, left: Any, right: Any) -> Value:  # noqa: PLR0911 - one for each kind of numbers
    """Return what an operator makes of two values, neither of them None."""
    if isinstance(right, Interval) or isinstance(left, Interval):
        return shifted(left, right, operator) if isinstance(right, Interval) else shifted(right, left, operator)
    if operator in ("&", "|", "^", "<<", ">>", "~"):
        return _bits(operator, left, right)
    one = number(left)
    if operator in ("negative", "positive"):
        return -one if operator == "negative" else left
    other = number(right)
    if isinstance(one, float) or isinstance(other, float):
        return _floats(operator, float(one), float(other))
    if operator in ("/", "div", "%"):
        return _divided(operator, one, other)
    if isinstance(one, int) and isinstance(other, int):
        return _whole({"+": one + other, "-": one - other, "*": one * other}[operator], f"{one} {operator} {other}")
    first, second = Decimal(one), Decimal(other)
    return {"+": DECIMALS.add, "-": DECIMALS.subtract, "*": DECIMALS.multiply}[operator](first, second)


def _whole(value: int, source: str) -> int:
    """Return a number that fits 64 bits; raises where it does not."""
    if not _LEAST <= value <= _MOST:
        raise SqlError(Kind.OUT_OF_RANGE, "BIGINT", source)
    return value


def _floats(operator: str, one: float, other: float) -> Value:
    """Calculate with floating point numbers."""
    if operator in ("/", "div", "%"):
        if other == 0:
            return None
        if operator == "%":
            return one - other * int(one / other) if abs(one / other) < 1e15 else 0.0
        return one / other if operator == "/" else int(one / other)
    found = {"+": one + other, "-": one - other, "*": one * other}[operator]
    if abs(found) == float("inf") or found != found:  # noqa: PLR0124 - only NaN differs from itself
        raise SqlError(Kind.OUT_OF_RANGE, "DOUBLE", f"{float_text(one)} {operator} {float_text(other)}")
    return found


def _divided(operator: str, one: int | Decimal, other: int | Decimal) -> Value:
    """Divide exact numbers; by zero that is NULL."""
    if other == 0:
        return None
    first, second = Decimal(one), Decimal(other)
    if operator == "/":
        scale = min(-int(first.as_tuple().exponent) + 4, 30)
        return rounded(DECIMALS.divide(first, second), scale)
    if operator == "div":
        return int(DECIMALS.divide(first, second).to_integral_value(ROUND_DOWN))
    if isinstance(one, int) and isinstance(other, int):
        return abs(one) % abs(other) * (-1 if one < 0 else 1)
    return DECIMALS.remainder(first, second)


def rounded(value: Decimal, scale: int, mode: str = ROUND_HALF_UP) -> Decimal:
    """Return a decimal number with so many digits behind the point."""
    try:
        return value.quantize(Decimal(1).scaleb(-scale), mode, DECIMALS)
    except InvalidOperation:
        return value


def _bits(operator: str, left: Any, right: Any) -> int:
    """Calculate with 64 bits."""
    one = integer(left) & BITS
    if operator == "~":
        return ~one & BITS
    other = integer(right)
    if operator in ("<<", ">>"):
        if not 0 <= other < 64:
            return 0
        return (one << other) & BITS if operator == "<<" else one >> other
    return {"&": one & other & BITS, "|": (one | other & BITS) & BITS, "^": (one ^ other & BITS) & BITS}[operator]


def shifted(value: Any, interval: Interval, operator: str) -> Value:
    """Return a moment before or behind another one; NULL where that is none."""
    found = moment(value)
    if found is None:
        return None
    sign = -1 if operator == "-" else 1
    months = found.year * 12 + found.month - 1 + sign * interval.months
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        return None
    day = min(found.day, _days(year, month + 1))
    try:
        result = found.replace(year=year, month=month + 1, day=day) + sign * interval.rest
    except OverflowError:
        return None
    is_day = isinstance(value, date) and not isinstance(value, datetime) and not (interval.rest % timedelta(days=1))
    if is_day:
        return result.date()
    if isinstance(value, (str, bytes)):
        is_short = len(text(value).strip()) <= 10 and result.time() == time()
        return result.strftime("%Y-%m-%d") if is_short else result.isoformat(" ")
    return result


def _days(year: int, month: int) -> int:
    """Return how many days a month has."""
    following = date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else date(9999, 12, 31)
    return (following - timedelta(days=1)).day if (year, month) != (9999, 12) else 31
