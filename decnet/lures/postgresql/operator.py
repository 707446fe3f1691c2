# SPDX-License-Identifier: MIT
"""What operators make of values: numbers, moments, arrays and JSON; and how values of two types are compared."""

import json
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from decnet.lures.postgresql.casting import cast_value, moment_of, number_of
from decnet.lures.postgresql.kind import kind_named
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Type, Value

NUMBERS = (int, float, Decimal)
_INT = Type("int4", "integer")
_LARGEST = 1 << 63
_MAX_POWER = 400


def title_of_value(value: Value) -> str:
    """Return the name of the type of a value for people."""
    kind = kind_named(type_name(value))
    return kind.title if kind else "text"


def type_name(value: Value) -> str:
    """Return the name of the type of a value."""
    names = ((bool, "boolean"), (int, "integer"), (float, "double precision"), (Decimal, "numeric"), (bytes, "bytea"),
             (datetime, "timestamp with time zone"), (date, "date"), (list, "text[]"), (timedelta, "interval"))  # fmt: skip
    return next((name for kind, name in names if isinstance(value, kind)), "text")


def collation_key(text: str) -> tuple[str, str]:
    """Return what puts texts in the order of en_US: letters first by themselves, then by case."""
    if text.isascii() and text.isalnum():
        return text.lower(), text.swapcase()
    plain = unicodedata.normalize("NFKD", text)
    letters = re.sub(r"[^\w]|_", "", plain).casefold()
    return letters, text.swapcase()


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values as values of one type."""
    if isinstance(left, str) or isinstance(right, str):
        return (_read_as(left, right), right) if isinstance(left, str) else (left, _read_as(right, left))
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    if isinstance(left, datetime) or isinstance(right, datetime):
        return _aware(left), _aware(right)
    if isinstance(left, bool) is not isinstance(right, bool) and isinstance(left, NUMBERS) and isinstance(right, NUMBERS):
        raise SqlError(Kind.BAD_OPERATION, "=", type_name(left), type_name(right))
    if isinstance(left, list) and isinstance(right, list):
        return [text_of(one) if one is not None else "" for one in left], [
            text_of(one) if one is not None else "" for one in right
        ]
    return left, right


def _read_as(text: str, other: Any) -> Any:
    """Return a text as a value of the type of ``other``."""
    kind = kind_named(type_name(other).removesuffix("[]"))
    if isinstance(other, list):
        return cast_value(text, Type("text[]", "array"))
    if isinstance(other, int) and not isinstance(other, bool):
        return number_of(text)
    return cast_value(text, Type(kind.name, kind.family)) if kind else text


def _aware(value: Any) -> Any:
    """Return a moment with its zone; days begin at midnight, UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else value


def rounded(value: Any, type_: Type) -> Value:
    """Return a number with as many digits as a column has."""
    try:
        found = Decimal(value).quantize(Decimal(1).scaleb(-type_.scale), rounding="ROUND_HALF_UP")
    except ArithmeticError:
        return value  # type: ignore[no-any-return]  # not a number
    if abs(found) >= Decimal(10) ** (type_.length - type_.scale):
        least = f"10^{type_.length - type_.scale}"
        detail = (
            f"A field with precision {type_.length}, scale {type_.scale} must round to an absolute value less than {least}."
        )
        raise Report("numeric field overflow", "22003", detail=detail, routine="apply_typmod")
    return found


def calculate(operator: str, left: Any, right: Any) -> Value:
    """Return what an operator makes of two numbers."""
    if isinstance(left, float) or isinstance(right, float) or (operator == "^"):
        left, right = float(left), float(right)
    elif isinstance(left, Decimal) or isinstance(right, Decimal):
        left, right = Decimal(left), Decimal(right)
    if operator in ("/", "%") and right == 0:
        raise SqlError(Kind.DIVISION)
    if operator not in _OPERATORS:
        raise SqlError(Kind.BAD_OPERATION, operator, type_name(left), type_name(right))
    try:
        found = _OPERATORS[operator](left, right)
    except (OverflowError, ArithmeticError, ValueError):
        raise SqlError(Kind.OUT_OF_RANGE, "value", operator) from None
    if isinstance(found, complex):
        raise Report("a negative number raised to a non-integer power yields a complex result", "2201F", routine="dpow")
    if isinstance(found, int) and not -_LARGEST <= found < _LARGEST:
        raise SqlError(Kind.OUT_OF_RANGE, "bigint", operator)
    return found  # type: ignore[no-any-return]  # a number


def _divided(left: Any, right: Any) -> Any:
    """Return a quotient; that of integers is one."""
    if isinstance(left, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right if isinstance(left, float) else (left / right).quantize(Decimal("1.0000000000000000"))


def _remainder(left: Any, right: Any) -> Any:
    """Return a remainder with the sign of the dividend."""
    return left - _divided(left, right) * right if isinstance(left, int) else left % right


def _power(left: Any, right: Any) -> Any:
    """Return a power."""
    return left**right if abs(right) < _MAX_POWER else float("inf")


def _shifted(left: Any, right: Any) -> Any:
    """Return a number with its bits moved left."""
    moved = (int(left) << (int(right) & 63)) & (1 << 64) - 1
    return moved - (1 << 64) if moved >= _LARGEST else moved


_OPERATORS: dict[str, Any] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
    "%": _remainder,
    "^": _power,
    "&": lambda left, right: int(left) & int(right),
    "|": lambda left, right: int(left) | int(right),
    "#": lambda left, right: int(left) ^ int(right),
    "<<": _shifted,
    ">>": lambda left, right: int(left) >> (int(right) & 63),
}


def time_arithmetic(operator: str, left: Any, right: Any) -> Value:
    """Return what an operator makes of moments, days and lengths of time."""
    left, right = (moment_of(one, other) if isinstance(one, str) else one for one, other in ((left, right), (right, left)))
    is_day = [isinstance(one, date) and not isinstance(one, datetime) for one in (left, right)]
    try:
        if is_day[0] and isinstance(right, int):
            right = timedelta(days=right)
        elif is_day == [True, True]:
            return (left - right).days  # type: ignore[no-any-return]  # a number
        elif any(is_day):
            left, right = _aware(left), _aware(right)
        found = {"+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right, "/": lambda: left / right}[
            operator
        ]()
    except (TypeError, KeyError):
        raise SqlError(Kind.BAD_OPERATION, operator, type_name(left), type_name(right)) from None
    except (OverflowError, ArithmeticError):
        raise Report("timestamp out of range", "22008") from None
    return found  # type: ignore[no-any-return]  # a value


def time_type(operator: str, left: Type, right: Type) -> Type:
    """Return the type of what an operator makes of times."""
    if left.family == right.family == "date":
        return _INT
    if operator == "-" and left.family == right.family == "datetime":
        return Type("interval", "time")
    found = left if left.family in ("date", "datetime") else right if right.family in ("date", "datetime") else left
    return found if found.family != "date" or "integer" in (left.family, right.family) else Type("timestamp", "datetime")


def json_part(operator: str, value: Any, key: Any) -> Value:
    """Return a part of a JSON document."""
    try:
        found = json.loads(value)
        keys = cast_value(key, Type("text[]", "array")) if operator.startswith("#") else [key]
        for one in keys:  # type: ignore[union-attr]  # a list by its type
            found = found[int(one)] if isinstance(found, list) else found[str(one)]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    if operator.endswith(">>"):
        return None if found is None else found if isinstance(found, str) else json.dumps(found)
    return json.dumps(found, ensure_ascii=False)


def contains(operator: str, left: Any, right: Any) -> Value:
    """Whether one array holds the other, or shares something with it."""
    ones, others = (
        {text_of(item) for item in one if item is not None} if isinstance(one, list) else {text_of(one)}
        for one in (left, right)
    )
    return {"@>": ones >= others, "<@": ones <= others, "&&": bool(ones & others)}[operator]
