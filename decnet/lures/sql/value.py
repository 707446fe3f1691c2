# SPDX-License-Identifier: MIT
"""Values and their types."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """INTERVAL: months, and the rest as a duration."""

    months: int
    rest: timedelta


Value = None | bool | int | float | Decimal | str | bytes | date | datetime | time | timedelta | Interval | list[Any]
Row = tuple[Any, ...]

NUMBERS = (int, float, Decimal)
FAMILIES = ("integer", "decimal", "float", "text", "bytes", "date", "datetime", "time", "boolean", "null", "array", "other")


@dataclass(frozen=True, slots=True)
class Type:
    """
    A type as the dialect calls it, in lower case, and the family that says how its values are kept.

    ``length`` is of characters or digits, ``scale`` of digits behind the point; ``choices`` are those of an enum.
    """

    name: str
    family: str
    length: int = 0
    scale: int = 0
    unsigned: bool = False
    choices: tuple[str, ...] = ()


NULL = Type("null", "null")
TEXT = Type("text", "text")
VARCHAR = Type("varchar", "text", 255)
INTEGER = Type("int", "integer", 11)
BIGINT = Type("bigint", "integer", 20)
DOUBLE = Type("double", "float")
DECIMAL = Type("decimal", "decimal", 10)
BLOB = Type("blob", "bytes")
DATE = Type("date", "date")
DATETIME = Type("datetime", "datetime")
TIME = Type("time", "time")
BOOLEAN = Type("boolean", "boolean", 1)
ARRAY = Type("text[]", "array")


def type_of(value: Value) -> Type:
    """Return the type of a value that no column declares."""
    if value is None:
        return NULL
    for kind, type_ in _TYPES:
        if isinstance(value, kind):
            return type_
    return TEXT


_TYPES: tuple[tuple[type, Type], ...] = (
    (bool, BOOLEAN),
    (int, BIGINT),
    (float, DOUBLE),
    (Decimal, DECIMAL),
    (str, VARCHAR),
    (bytes, BLOB),
    (datetime, DATETIME),
    (date, DATE),
    (time, TIME),
    (timedelta, TIME),
    (Interval, Type("interval", "other")),
    (list, ARRAY),
)


def size_of(value: Value) -> int:
    """Return about how many bytes a value takes."""
    if isinstance(value, (str, bytes)):
        return 56 + len(value)
    if isinstance(value, list):
        return 56 + sum(map(size_of, value))
    return 32


def row_size(row: Row) -> int:
    """Return about how many bytes a row takes."""
    return 64 + sum(map(size_of, row))
