# SPDX-License-Identifier: MIT
"""Functions of all rows of a group."""

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from decnet.lures.sql.budget import LONGEST_VALUE
from decnet.lures.sql.dialect import Context, Dialect
from decnet.lures.sql.node import Function
from decnet.lures.sql.scope import Evaluate, Frame
from decnet.lures.sql.value import BIGINT, BOOLEAN, TEXT, Type, Value

AGGREGATES = frozenset(("count", "sum", "min", "max", "avg", "group_concat", "string_agg", "array_agg", "bool_and", "bool_or",
                       "every",
                        "bit_and", "bit_or", "bit_xor", "any_value", "json_arrayagg", "json_agg"))  # fmt: skip
_LONGEST_LIST = 65_536


class Aggregate:
    """One call of an aggregate, compiled."""

    def __init__(
        self,
        call: Function,
        arguments: list[Evaluate],
        types: list[Type],
        order: list[tuple[Evaluate, bool]],
        keep: Callable[[Frame], bool] | None,
    ) -> None:
        self.call = call
        self._arguments = arguments
        self._types = types
        self._order = order
        self._keep = keep

    def result_type(self, dialect: Dialect) -> Type:
        """Return the type of the value."""
        name = self.call.name
        if name in ("count", "bit_and", "bit_or", "bit_xor"):
            return BIGINT
        if name in ("sum", "avg"):
            return dialect.sum_type(self._types[0]) if name == "sum" else dialect.average_type(self._types[0])
        if name in ("bool_and", "bool_or", "every"):
            return BOOLEAN
        if name in ("min", "max", "any_value"):
            return self._types[0]
        return Type(self._types[0].name + "[]", "array") if name == "array_agg" else TEXT

    def value(self, context: Context, frames: list[Frame]) -> Value:
        """Return the value for the rows of a group."""
        if self._keep is not None:
            frames = [frame for frame in frames if self._keep(frame)]
        context.budget.spend(len(frames) // 2)
        if self.call.star:
            return len(frames)
        frames = self._ordered(context.dialect, frames)
        values = [evaluate(frame) for frame in frames for evaluate in self._arguments[:1]]
        values = self._joined_arguments(context.dialect, frames, values)
        if self.call.name not in ("array_agg", "any_value"):
            values = [value for value in values if value is not None]
        if self.call.distinct:
            values = list({context.dialect.key(value): value for value in reversed(values)}.values())[::-1]
        separator = self._separator(context.dialect, frames)
        return _FUNCTIONS[self.call.name](context.dialect, values, separator)

    def _joined_arguments(self, dialect: Dialect, frames: list[Frame], values: list[Value]) -> list[Value]:
        """Return the texts that GROUP_CONCAT makes of several arguments, or tells rows apart by in COUNT(DISTINCT a, b)."""
        if len(self._arguments) < 2 or self.call.name not in ("group_concat", "count"):
            return values
        rows = [[evaluate(frame) for evaluate in self._arguments] for frame in frames]
        return [None if None in row else "".join(dialect.text(value) for value in row) for row in rows]

    def _ordered(self, dialect: Dialect, frames: list[Frame]) -> list[Frame]:
        """Return the rows in the order that the call asks for."""
        for evaluate, descending in reversed(self._order):
            values = [(evaluate(frame), frame) for frame in frames]
            frames = [frame for _, frame in sorted(values, key=cmp_to_key(_ordering(dialect)), reverse=descending)]
        return frames

    def _separator(self, dialect: Dialect, frames: list[Frame]) -> str:
        """Return what stands between the texts of a list."""
        if self.call.name == "string_agg" and len(self._arguments) > 1 and frames:
            value = self._arguments[1](frames[0])
            return "" if value is None else dialect.text(value)
        return str(self.call.options.get("separator", ","))


def _ordering(dialect: Dialect) -> Callable[[Any, Any], int]:
    """Return how two pairs of a value and a row are ordered; NULL comes first."""

    def compare(one: tuple[Value, Frame], other: tuple[Value, Frame]) -> int:
        if one[0] is None or other[0] is None:
            return (one[0] is not None) - (other[0] is not None)
        return dialect.compare(one[0], other[0])

    return compare


def _count(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del dialect, separator
    return len(values)


def _sum(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del separator
    total: Value = None
    for value in values:
        number = dialect.number(value)
        total = number if total is None else dialect.arithmetic("+", total, number)
    return total


def _average(dialect: Dialect, values: list[Value], separator: str) -> Value:
    total = _sum(dialect, values, separator)
    return None if total is None else dialect.average(total, len(values))


def _least(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del separator
    return min(values, key=cmp_to_key(dialect.compare)) if values else None


def _most(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del separator
    return max(values, key=cmp_to_key(dialect.compare)) if values else None


def _list(dialect: Dialect, values: list[Value], separator: str) -> Value:
    if not values:
        return None
    texts = []
    length = 0
    for value in values:
        texts.append(dialect.text(value))
        length += len(texts[-1]) + len(separator)
        if length > _LONGEST_LIST:
            break
    return separator.join(texts)[: min(dialect.longest_list, LONGEST_VALUE)]


def _array(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del dialect, separator
    return values[:10_000] or None


def _all(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del separator
    return dialect.boolean(all(dialect.truth(value) for value in values)) if values else None


def _any(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del separator
    return dialect.boolean(any(dialect.truth(value) for value in values)) if values else None


def _first(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del dialect, separator
    return values[0] if values else None


def _bits(operator: str, start: int) -> Callable[[Dialect, list[Value], str], Value]:
    """Return an aggregate of bits."""

    def combine(dialect: Dialect, values: list[Value], separator: str) -> Value:
        del separator
        total: Value = start
        for value in values:
            total = dialect.arithmetic(operator, total, value)
        return total

    return combine


def _json(dialect: Dialect, values: list[Value], separator: str) -> Value:
    del separator
    return "[" + ", ".join(dialect.json(value) for value in values[:10_000]) + "]" if values else None


_FUNCTIONS: dict[str, Callable[[Dialect, list[Value], str], Value]] = {
    "count": _count, "sum": _sum, "avg": _average, "min": _least, "max": _most, "group_concat": _list, "string_agg": _list,
    "array_agg": _array, "bool_and": _all, "every": _all, "bool_or": _any, "any_value": _first, "json_arrayagg": _json,
    "json_agg": _json, "bit_and": _bits("&", (1 << 64) - 1), "bit_or": _bits("|", 0), "bit_xor": _bits("^", 0),
}  # fmt: skip
