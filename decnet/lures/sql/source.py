# SPDX-License-Identifier: MIT
"""What stands behind FROM: tables, queries and functions, and how they are joined."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from decnet.lures.sql import node
from decnet.lures.sql.budget import MAX_ROWS
from decnet.lures.sql.compiler import Compiler, Subplan
from decnet.lures.sql.dialect import Context
from decnet.lures.sql.outcome import Column
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Evaluate, Frame, Scope, Visible
from decnet.lures.sql.tables import found_table
from decnet.lures.sql.value import BIGINT, Row
from decnet.lures.sql.world import Table

Running = Generator[None, None, list[Row]]


@dataclass(slots=True)
class Relation:
    """Rows with named columns; ``rows`` makes them for the row of the query around."""

    columns: list[Visible]
    rows: Callable[[Frame | None], Running]


class Sources:
    """Makes relations of what stands behind FROM; ``equalities`` are columns that WHERE wants to be equal."""

    def __init__(self, context: Context, scope: Scope, subplan: Subplan, where: node.Expression | None) -> None:
        self._context = context
        self._scope = scope
        self._subplan = subplan
        self._equalities = list(_equalities(where))

    def relation(self, source: node.Source) -> Relation:
        """Return the relation of one source."""
        if isinstance(source, node.TableName):
            return self._table(source)
        if isinstance(source, node.Derived):
            return self._derived(source)
        if isinstance(source, node.TableFunction):
            return self._function(source)
        return self._join(source)

    def _table(self, source: node.TableName) -> Relation:
        """Return a table, or what WITH named."""
        if len(source.parts) == 1 and (common := self._scope.common_query(source.parts[0].lower())) is not None:
            columns, rows = common
            return Relation([Visible(source.alias or source.parts[0], column) for column in columns], rows)
        context = self._context
        database, table = found_table(context, source.parts)
        context.dialect.may(context, "select", (database, table.name))
        return Relation(visible_columns(table, database, source.alias or table.name, source.columns), _rows_of(context, table))

    def _derived(self, source: node.Derived) -> Relation:
        """Return a query as a table."""
        plan = self._subplan(source.query, self._scope)
        columns = named(plan.columns, source.columns, source.alias)
        return Relation([Visible(source.alias, column) for column in columns], plan.run)

    def _function(self, source: node.TableFunction) -> Relation:
        """Return what a function gives as a table."""
        context = self._context
        compiler = Compiler(context, self._scope, self._subplan, clause="function")
        # what it is given may depend on a query around, never on the tables beside it: those are not joined yet
        arguments = [compiler.evaluate(argument) for argument in source.call.arguments]
        values = [argument(Frame(())) for argument in arguments]
        table = context.dialect.table_function(context, source.call.name, values)
        if table is None:
            call = node.Function(source.call.name, source.call.arguments, source.call.parts)
            value = compiler.compile(call)
            columns = [Column(source.call.name, value.type)]
            made = Relation([], lambda frame: _one_row(value.evaluate, frame))
        else:
            columns = [visible.column for visible in visible_columns(table, "", source.alias, ())]
            made = Relation([], _rows_of(context, table))
        # the alias of a function that gives one column names that column, too
        names = source.columns or ((source.alias,) if len(columns) == 1 else ())
        if source.call.options.get("ordinality"):
            columns.append(Column("ordinality", BIGINT))
            made.rows = _numbered(made.rows)
        made.columns = [Visible(source.alias, column) for column in named(columns, names, source.alias)]
        return made

    def _join(self, source: node.Join) -> Relation:
        """Return two relations joined."""
        left, right = self.relation(source.left), self.relation(source.right)
        columns = left.columns + right.columns
        scope = Scope(self._scope.dialect, columns, outer=self._scope, common=self._scope.common)
        using = source.using or (_shared_names(left.columns, right.columns) if source.natural else ())
        pairs = [_places(left.columns, right.columns, name) for name in using]
        compiler = Compiler(self._context, scope, self._subplan, clause="on clause")
        condition = compiler.condition(source.condition) if source.condition is not None else None
        candidates = [*_equalities(source.condition)] + (self._equalities if source.kind == "inner" else [])
        hashed = pairs + [pair for names in candidates if (pair := _pair(left.columns, right.columns, scope, names))]
        columns = _merged(columns, len(left.columns), pairs)
        joining = _Joining(self._context, left, right, source.kind, condition, hashed, compiler.nodes + 2)
        return Relation(columns, joining.rows)


@dataclass(slots=True)
class _Joining:
    """A join that is ready to run."""

    context: Context
    left: Relation
    right: Relation
    kind: str
    condition: Callable[[Frame], bool] | None
    hashed: list[tuple[int, int]]
    cost: int

    def rows(self, outer: Frame | None) -> Running:
        """Return the rows of both, those that have no partner filled with NULL where the join keeps them."""
        lefts = yield from self.left.rows(outer)
        rights = yield from self.right.rows(outer)
        if self.kind == "right":
            return (yield from self._matched(rights, lefts, outer, is_swapped=True))
        return (yield from self._matched(lefts, rights, outer, is_swapped=False))

    def _matched(self, firsts: list[Row], seconds: list[Row], outer: Frame | None, *, is_swapped: bool) -> Running:
        """Return each row of the first with its partners."""
        budget = self.context.budget
        partners = self._partners(seconds, is_swapped=is_swapped)
        width = len((self.left if is_swapped else self.right).columns)
        empty: Row = (None,) * width
        found: list[Row] = []
        taken: set[int] = set()
        for first in firsts:
            before = len(found)
            for place, second in partners(first):
                row = (*second, *first) if is_swapped else (*first, *second)
                budget.spend(self.cost)
                if self.condition is None or self.condition(Frame(row, outer)):
                    found.append(row)
                    taken.add(place)
                    if len(found) > MAX_ROWS:
                        raise SqlError(Kind.NO_MEMORY, 64 * len(found))
            if len(found) == before and self.kind != "inner":
                found.append((*empty, *first) if is_swapped else (*first, *empty))
            budget.spend(1)
            if budget.is_due():
                yield
        if self.kind == "full":
            blank: Row = (None,) * len(self.left.columns)
            found += [(*blank, *second) for place, second in enumerate(seconds) if place not in taken]
        return found

    def _partners(self, seconds: list[Row], *, is_swapped: bool) -> Callable[[Row], list[tuple[int, Row]]]:
        """Return what finds the rows that may belong to one: all of them, or those with equal columns."""
        numbered = list(enumerate(seconds))
        if not self.hashed:
            return lambda _: numbered
        key = self.context.dialect.key
        ours = [pair[0 if not is_swapped else 1] for pair in self.hashed]
        theirs = [pair[1 if not is_swapped else 0] for pair in self.hashed]
        table: dict[tuple[Any, ...], list[tuple[int, Row]]] = {}
        for place, second in numbered:
            values = [second[one] for one in theirs]
            if None not in values:
                table.setdefault(tuple(map(key, values)), []).append((place, second))

        def find(first: Row) -> list[tuple[int, Row]]:
            values = [first[one] for one in ours]
            return [] if None in values else table.get(tuple(map(key, values)), [])

        return find


def visible_columns(table: Table, database: str, alias: str, names: tuple[str, ...]) -> list[Visible]:
    """Return the columns of a table as a query sees them."""
    columns = [
        Column(
            column.name, column.type, table.name, alias, database, column.name, column.nullable, column.key, column.automatic
        )
        for column in table.columns
    ]
    return [Visible(alias, column) for column in named(columns, names, alias)]


def named(columns: list[Column], names: tuple[str, ...], alias: str) -> list[Column]:
    """Return columns under other names, the first ones as far as there are names."""
    if len(names) > len(columns):
        raise SqlError(Kind.COLUMN_COUNT, len(columns))
    titles = [*names, *(column.title for column in columns[len(names) :])]
    return [
        Column(
            title, column.type, column.table, alias, column.database, column.name, column.nullable, column.key, column.automatic
        )
        for title, column in zip(titles, columns, strict=True)
    ]


def _rows_of(context: Context, table: Table) -> Callable[[Frame | None], Running]:
    """Return what gives the rows of a table; they are made when a query runs, and others run meanwhile."""

    def rows(outer: Frame | None) -> Running:
        del outer
        if not table.is_made:
            yield
        found = table.rows
        context.budget.spend(min(len(found) // 4, 10_000))
        return found

    return rows


def _one_row(evaluate: Evaluate, frame: Frame | None) -> Running:
    """Return a value, or the items of a list, as rows of one column."""
    yield
    value = evaluate(frame or Frame(()))
    return [(item,) for item in value] if isinstance(value, list) else [(value,)]


def _numbered(rows: Callable[[Frame | None], Running]) -> Callable[[Frame | None], Running]:
    """Return rows with their number behind them."""

    def number(outer: Frame | None) -> Running:
        found = yield from rows(outer)
        return [(*row, place) for place, row in enumerate(found, 1)]

    return number


def _equalities(condition: node.Expression | None) -> list[tuple[node.Name, node.Name]]:
    """Return the pairs of columns that a condition wants to be equal in every case."""
    parts = condition.operands if isinstance(condition, node.Chain) and condition.operator == "and" else [condition]
    found = []
    for part in parts:
        if isinstance(part, node.Operation) and part.operator == "=" and len(part.operands) == 2:
            one, other = part.operands
            if isinstance(one, node.Name) and isinstance(other, node.Name):
                found.append((one, other))
    return found


def _pair(
    left: list[Visible], right: list[Visible], scope: Scope, names: tuple[node.Name, node.Name]
) -> tuple[int, int] | None:
    """Return the places of two columns, one on each side and of one family of types; None where they are not."""
    try:
        places = [scope.place(name.parts, "on clause") for name in names]
    except SqlError:
        return None
    if places[0] is None or places[1] is None:
        return None
    low, high = sorted((places[0], places[1]))
    if not low < len(left) <= high or left[low].column.type.family != right[high - len(left)].column.type.family:
        return None
    return low, high - len(left)


def _shared_names(left: list[Visible], right: list[Visible]) -> tuple[str, ...]:
    """Return the names that both sides have."""
    names = {visible.column.title.lower() for visible in right}
    return tuple(visible.column.title for visible in left if visible.column.title.lower() in names)


def _places(left: list[Visible], right: list[Visible], name: str) -> tuple[int, int]:
    """Return the places of a common column on both sides."""
    found = []
    for side in (left, right):
        place = next((place for place, one in enumerate(side) if one.column.title.lower() == name.lower()), None)
        if place is None:
            raise SqlError(Kind.UNKNOWN_COLUMN, name, "from clause")
        found.append(place)
    return found[0], found[1]


def _merged(columns: list[Visible], width: int, pairs: list[tuple[int, int]]) -> list[Visible]:
    """Return the columns of a join; common ones are seen once."""
    hidden = {width + right for _, right in pairs}
    return [Visible(one.source, one.column, one.is_hidden or place in hidden) for place, one in enumerate(columns)]
