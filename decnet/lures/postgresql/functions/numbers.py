# SPDX-License-Identifier: MIT
"""Functions of numbers, choices and JSON."""

import json
import math
import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from decnet.lures.postgresql.casting import number_of
from decnet.lures.postgresql.functions.declare import Collection
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Value

NUMBERS = Collection()
strict, plain = NUMBERS.strict, NUMBERS.plain
_MOST_DIGITS = 100


def _number(value: Value) -> Any:
    """Return a value as a number."""
    return value if isinstance(value, (int, float, Decimal)) else number_of(text_of(value))


@strict("abs", 0)
def abs_(_: Any, value: Value) -> Value:
    """Return a number without its sign."""
    return abs(_number(value))  # type: ignore[no-any-return]  # a number


@strict("round", "numeric")
def round_(_: Any, value: Value, digits: Value = 0) -> Value:
    """Round a number half away from zero."""
    places = max(min(int(digits), _MOST_DIGITS), -_MOST_DIGITS)  # type: ignore[arg-type]  # a number, or the call fails
    number = Decimal(str(_number(value)))
    found = number.quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP")
    return found if places >= 0 else Decimal(int(found))


@strict("floor", "numeric")
def floor(_: Any, value: Value) -> Value:
    """Round down."""
    return math.floor(float(_number(value))) if isinstance(value, float) else math.floor(Decimal(_number(value)))


@strict("ceil ceiling", "numeric")
def ceil(_: Any, value: Value) -> Value:
    """Round up."""
    return math.ceil(float(_number(value))) if isinstance(value, float) else math.ceil(Decimal(_number(value)))


@strict("trunc", "numeric")
def trunc(_: Any, value: Value, digits: Value = 0) -> Value:
    """Cut a number off."""
    places = max(min(int(digits), _MOST_DIGITS), 0)  # type: ignore[arg-type]  # a number, or the call fails
    return Decimal(str(_number(value))).quantize(Decimal(1).scaleb(-places), rounding="ROUND_DOWN")


def _float(function: Callable[[float], float]) -> Callable[..., Value]:
    """Return a function of one float."""

    def call(_: Any, value: Value) -> Value:
        try:
            return function(float(_number(value)))
        except (ValueError, OverflowError):
            raise Report("input is out of range", "22003", routine="float_overflow_error") from None

    return call


for _name, _function in {
    "sqrt": math.sqrt, "exp": math.exp, "ln": math.log, "log10": math.log10, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "radians": math.radians, "degrees": math.degrees, "cbrt": lambda value: math.copysign(abs(value) ** (1 / 3), value),
}.items():  # fmt: skip
    strict(_name, "float8")(_float(_function))


@strict("log", "numeric")
def log(_: Any, base: Value, value: Value = None) -> Value:
    """Return a logarithm, to the base of ten where none is given."""
    first = float(_number(base))
    return math.log10(first) if value is None else math.log(float(_number(value)), first)


@strict("power pow", "float8")
def power(_: Any, value: Value, exponent: Value) -> Value:
    """Return a power."""
    try:
        return float(math.pow(_number(value), _number(exponent)))
    except (ValueError, OverflowError):
        raise SqlError(Kind.OUT_OF_RANGE, "value", "power") from None


@strict("mod", 0)
def mod(_: Any, value: Value, other: Value) -> Value:
    """Return a remainder."""
    one, by = _number(value), _number(other)
    if by == 0:
        raise SqlError(Kind.DIVISION)
    return math.fmod(one, by) if isinstance(one, float) else one - by * int(one / by)


@strict("div", "numeric")
def div(_: Any, value: Value, other: Value) -> Value:
    """Return a whole quotient."""
    if _number(other) == 0:
        raise SqlError(Kind.DIVISION)
    return int(_number(value) / _number(other))


@strict("sign", "numeric")
def sign(_: Any, value: Value) -> Value:
    """Return the sign of a number."""
    number = _number(value)
    return (number > 0) - (number < 0)  # type: ignore[no-any-return]  # a number


@plain("pi", "float8")
def pi(_: Any) -> Value:
    """Return pi."""
    return math.pi


@plain("random", "float8")
def random_(_: Any) -> Value:
    """Return a number from zero to one."""
    return random.random()  # noqa: S311 - no secret


@strict("setseed", "void")
def setseed(_: Any, _value: Value) -> Value:
    """Take a seed."""
    return ""


@plain("gen_random_uuid", "uuid")
def gen_random_uuid(_: Any) -> Value:
    """Return a UUID."""
    return str(uuid.uuid4())


# --- choices


@plain("coalesce", 0)
def coalesce(_: Any, *values: Callable[[], Value]) -> Value:
    """Return the first value that is not NULL; the others are not evaluated."""
    return next((found for value in values if (found := value()) is not None), None)


@plain("nullif", 0)
def nullif(context: Any, value: Value, other: Value) -> Value:
    """Return NULL for a value that is the other one."""
    if value is None or other is None:
        return value
    return None if context.dialect.compare(value, other) == 0 else value


@plain("greatest", 0)
def greatest(context: Any, *values: Value) -> Value:
    """Return the greatest value."""
    return _extreme(context, values, 1)


@plain("least", 0)
def least(context: Any, *values: Value) -> Value:
    """Return the least value."""
    return _extreme(context, values, -1)


def _extreme(context: Any, values: tuple[Value, ...], sign_: int) -> Value:
    """Return the first or the last value in their order."""
    known = [value for value in values if value is not None]
    found = known[0] if known else None
    for value in known[1:]:
        found = value if sign_ * context.dialect.compare(value, found) > 0 else found
    return found


# --- JSON


@plain("to_json to_jsonb row_to_json array_to_json", "json")
def to_json(context: Any, value: Value) -> Value:
    """Return a value as JSON."""
    return None if value is None else context.dialect.json(value)


@plain("json_build_object jsonb_build_object", "json")
def json_build_object(context: Any, *values: Value) -> Value:
    """Return names and values as a JSON object."""
    pairs = zip(values[::2], values[1::2], strict=False)
    inside = ", ".join(
        f"{json.dumps(text_of(name))} : {context.dialect.json(value)}" for name, value in pairs if name is not None
    )
    return "{" + inside + "}"


@plain("json_build_array jsonb_build_array", "json")
def json_build_array(context: Any, *values: Value) -> Value:
    """Return values as a JSON array."""
    return "[" + ", ".join(context.dialect.json(value) for value in values) + "]"
