# SPDX-License-Identifier: MIT
"""Which columns an expression can name, and where their values are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from decnet.lures.sql.dialect import Dialect
from decnet.lures.sql.node import Expression
from decnet.lures.sql.outcome import Column
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Row, Type


class Frame:
    """The row that an expression is evaluated for; ``outer`` is that of the query around, ``extra`` holds aggregates."""

    __slots__ = ("extra", "outer", "row")

    def __init__(self, row: Row, outer: "Frame | None" = None, extra: Row = ()) -> None:
        self.row = row
        self.outer = outer
        self.extra = extra


Evaluate = Callable[[Frame], Any]


@dataclass(slots=True)
class Compiled:
    """An expression that can be evaluated; ``column`` where it is one."""

    evaluate: Evaluate
    type: Type
    column: Column | None = None


@dataclass(slots=True)
class Visible:
    """A column that can be named; ``source`` is the alias of its table, ``is_hidden`` where a join merged it with another."""

    source: str
    column: Column
    is_hidden: bool = False


@dataclass
class Scope:
    """The columns of one query, and those of the queries around it."""

    dialect: Dialect
    columns: list[Visible] = field(default_factory=list)
    outer: "Scope | None" = None
    is_correlated: bool = False
    common: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, Expression] = field(default_factory=dict)

    def find(self, parts: tuple[str, ...], clause: str) -> tuple[int, int, Visible]:
        """Return (how many queries out, place in the row, column); raises ``SqlError`` where there is none or too many."""
        scope: Scope | None = self
        depth = 0
        while scope is not None:
            place = scope.place(parts, clause)
            if place is not None:
                self._mark(depth)
                return depth, place, scope.columns[place]
            scope, depth = scope.outer, depth + 1
        raise SqlError(Kind.UNKNOWN_COLUMN, ".".join(parts), clause)

    def place(self, parts: tuple[str, ...], clause: str) -> int | None:
        """Return the place of a column of this query; None where there is none."""
        found = [place for place, visible in enumerate(self.columns) if self._is_named(visible, parts)]
        if len(found) > 1:
            raise SqlError(Kind.AMBIGUOUS_COLUMN, ".".join(parts), clause)
        return found[0] if found else None

    def of_source(self, parts: tuple[str, ...]) -> list[int]:
        """Return the places of all columns of a table."""
        return [place for place, visible in enumerate(self.columns) if self._is_of(visible, parts)]

    def common_query(self, name: str) -> Any:
        """Return what WITH named; None where it named nothing so."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.common:
                return scope.common[name]
            scope = scope.outer
        return None

    def _is_named(self, visible: Visible, parts: tuple[str, ...]) -> bool:
        """Whether a column has this name."""
        if len(parts) == 1 and visible.is_hidden:
            return False
        return visible.column.title.lower() == parts[-1].lower() and (len(parts) == 1 or self._is_of(visible, parts[:-1]))

    def _is_of(self, visible: Visible, parts: tuple[str, ...]) -> bool:
        """Whether a column is of this table."""
        if not self.dialect.same_name(visible.source, parts[-1]):
            return False
        return len(parts) == 1 or visible.column.database.lower() == parts[-2].lower()

    def _mark(self, depth: int) -> None:
        """Note that the queries up to ``depth`` depend on one further out."""
        scope: Scope | None = self
        for _ in range(depth):
            if scope is not None:
                scope.is_correlated = True
                scope = scope.outer
