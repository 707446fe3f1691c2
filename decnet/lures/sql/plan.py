# SPDX-License-Identifier: MIT
"""Makes queries ready to run, and runs them: what is found, grouped, put in order and cut."""

from collections.abc import Callable, Generator
from functools import cmp_to_key
from typing import Any

from decnet.lures.sql import node
from decnet.lures.sql.aggregate import Aggregate
from decnet.lures.sql.budget import MAX_ROWS
from decnet.lures.sql.compiler import Compiler, Plan, common_type
from decnet.lures.sql.dialect import Context
from decnet.lures.sql.outcome import Column
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Compiled, Evaluate, Frame, Scope
from decnet.lures.sql.source import Relation, Sources, named
from decnet.lures.sql.value import NULL, Row, Type, Value, row_size

Running = Generator[None, None, list[Row]]
Keyed = list[tuple[Row, tuple[Value, ...]]]
"""Rows, each with the values that put it in order."""


class SelectPlan:
    """One SELECT; ``order`` are the keys that the query around wants."""

    def __init__(self, context: Context, select: node.Select, scope: Scope, order: list[node.Order]) -> None:
        self.context = context
        self.select = select
        self.scope = scope
        subplan = subplans(context)
        sources = Sources(context, scope, subplan, select.where)
        self._relation = sources.relation(select.source) if select.source is not None else _nothing()
        scope.columns = self._relation.columns
        items = self._expanded(select.items)
        scope.aliases = {item.alias.lower(): item.value for item in reversed(items) if item.alias}
        self._group, group_nodes = self._group_keys(items)
        compiler = Compiler(context, scope, subplan, clause="field list", grouped=True)
        compiled = [compiler.compile(item.value) for item in items]
        self._where = self._plain(select.where)
        compiler.clause, compiler.knows_aliases = "having clause", True
        self._having = compiler.condition(select.having) if select.having is not None else None
        compiler.clause, compiler.prefers_aliases = "order clause", True
        self._keys = [self._order_key(compiler, key.value, compiled) for key in order]
        self._values = [one.evaluate for one in compiled]
        self._aggregates: list[Aggregate] = compiler.aggregates or []
        self.columns = [column_of(context, item, one) for item, one in zip(items, compiled, strict=True)]
        self._cost = compiler.nodes + group_nodes + 1
        self._distinct_on = [compiler.evaluate(one) for one in select.options.get("on", ())]

    @property
    def types(self) -> list[Type]:
        """The types of the columns."""
        return [column.type for column in self.columns]

    @property
    def is_correlated(self) -> bool:
        """Whether it depends on the row of a query around."""
        return self.scope.is_correlated

    @property
    def is_grouped(self) -> bool:
        """Whether rows are put together."""
        return bool(self._group or self._aggregates)

    def run(self, outer: Frame | None, stop_at: int | None = None) -> Generator[None, None, Keyed]:
        """Return the rows with their keys; no more than ``stop_at`` where that is known to be enough."""
        rows = yield from self._relation.rows(outer)
        if self.is_grouped:
            frames = yield from self._found(rows, outer)
            found = yield from self._projected(self._groups(frames, outer), None)
        else:
            found = yield from self._streamed(rows, outer, None if self.select.distinct else stop_at)
        return self._distinct(found) if self.select.distinct else found

    def _expanded(self, items: list[node.Item]) -> list[node.Item]:
        """Return the select list with every ``*`` replaced by columns."""
        found: list[node.Item] = []
        for item in items:
            if not isinstance(item.value, node.Star):
                found.append(item)
                continue
            parts = item.value.parts
            places = (
                self.scope.of_source(parts) if parts else [p for p, one in enumerate(self.scope.columns) if not one.is_hidden]
            )
            if not places:
                raise SqlError(Kind.UNKNOWN_ALIAS, ".".join(parts)) if parts else SqlError(Kind.NO_TABLES)
            found += [node.Item(node.Place(place)) for place in places]
        return found

    def _plain(self, where: node.Expression | None) -> Callable[[Frame], bool] | None:
        """Compile the condition of the rows."""
        if where is None:
            return None
        compiler = Compiler(self.context, self.scope, subplans(self.context), clause="where clause")
        condition = compiler.condition(where)
        self._where_cost = compiler.nodes + 1
        return condition

    _where_cost = 1

    def _group_keys(self, items: list[node.Item]) -> tuple[list[Evaluate], int]:
        """Compile what GROUP BY names: columns, aliases, or places in the select list."""
        compiler = Compiler(self.context, self.scope, subplans(self.context), clause="group statement")
        compiler.knows_aliases = True
        keys = []
        for expression in self.select.group:
            place = _number(expression)
            if place is not None and not 0 < place <= len(items):
                raise SqlError(Kind.UNKNOWN_COLUMN, str(place), "group statement")
            keys.append(compiler.evaluate(items[place - 1].value if place else expression))
        return keys, compiler.nodes

    def _order_key(self, compiler: Compiler, expression: node.Expression, compiled: list[Compiled]) -> Evaluate:
        """Compile a key of ORDER BY: a place in the select list, an alias, or any expression."""
        place = _number(expression)
        if place is None:
            return compiler.evaluate(expression)
        if not 0 < place <= len(compiled):
            raise SqlError(Kind.UNKNOWN_COLUMN, str(place), "order clause")
        return compiled[place - 1].evaluate

    def _found(self, rows: list[Row], outer: Frame | None) -> Generator[None, None, list[Frame]]:
        """Return the rows that the condition lets pass."""
        budget, where, cost = self.context.budget, self._where, self._where_cost
        frames = []
        for row in rows:
            frame = Frame(row, outer)
            budget.spend(cost)
            if where is None or where(frame):
                frames.append(frame)
            if budget.is_due():
                yield
        return frames

    def _streamed(self, rows: list[Row], outer: Frame | None, stop_at: int | None) -> Generator[None, None, Keyed]:
        """Find and show row by row, so that what is not wanted is never evaluated."""

        def frames() -> Generator[Frame | None, None, None]:
            for row in rows:
                frame = Frame(row, outer)
                self.context.budget.spend(self._where_cost)
                yield frame if self._where is None or self._where(frame) else None

        return (yield from self._projected(frames(), stop_at))

    def _groups(self, frames: list[Frame], outer: Frame | None) -> Generator[Frame | None, None, None]:
        """Yield a frame for each group, with the values of the aggregates."""
        groups: dict[tuple[Any, ...], list[Frame]] = {}
        key = self.context.dialect.key
        for frame in frames:
            groups.setdefault(tuple(key(one(frame)) for one in self._group), []).append(frame)
        if not groups and not self._group:
            groups[()] = []
        empty: Row = (None,) * len(self.scope.columns)
        for members in groups.values():
            extra = tuple(aggregate.value(self.context, members) for aggregate in self._aggregates)
            yield Frame(members[0].row if members else empty, outer, extra)

    def _projected(self, frames: Generator[Frame | None, None, None], stop_at: int | None) -> Generator[None, None, Keyed]:
        """Return what is shown of each row, and its keys."""
        budget, having = self.context.budget, self._having
        found: Keyed = []
        for frame in frames:
            if budget.is_due():
                yield
            if frame is None or (stop_at is not None and len(found) >= stop_at):
                if frame is not None:
                    break
                continue
            budget.spend(self._cost)
            if having is not None and not having(frame):
                continue
            row = tuple(value(frame) for value in self._values)
            budget.keep(row_size(row) // 2)
            found.append((row, tuple(key(frame) for key in (*self._keys, *self._distinct_on))))
            if len(found) > MAX_ROWS:
                raise SqlError(Kind.NO_MEMORY, 64 * len(found))
            if stop_at is not None and len(found) >= stop_at:
                break
        return found

    def _distinct(self, found: Keyed) -> Keyed:
        """Return the rows that differ."""
        key, count = self.context.dialect.key, len(self._distinct_on)
        if count:
            return list({tuple(map(key, keys[-count:])): (row, keys) for row, keys in reversed(found)}.values())[::-1]
        return list({tuple(map(key, row)): (row, keys) for row, keys in reversed(found)}.values())[::-1]


class ValuesPlan:
    """VALUES as a query."""

    def __init__(self, context: Context, values: node.Values, scope: Scope) -> None:
        compiler = Compiler(context, scope, subplans(context), clause="field list")
        self._context = context
        self._scope = scope
        self._rows = [[compiler.compile(value) for value in row] for row in values.rows]
        if len({len(row) for row in self._rows}) != 1:
            raise SqlError(Kind.COLUMN_COUNT, len(self._rows[0]))
        types = [common_type([row[place].type for row in self._rows]) for place in range(len(self._rows[0]))]
        self.columns = [Column(context.dialect.values_title(place), type_) for place, type_ in enumerate(types, 1)]

    @property
    def types(self) -> list[Type]:
        """The types of the columns."""
        return [column.type for column in self.columns]

    @property
    def is_correlated(self) -> bool:
        """Whether it depends on the row of a query around."""
        return self._scope.is_correlated

    def run(self, outer: Frame | None, stop_at: int | None = None) -> Generator[None, None, Keyed]:
        """Return the rows; they have no keys of their own."""
        yield
        frame = Frame((), outer)
        return [(tuple(value.evaluate(frame) for value in row), ()) for row in self._rows[:stop_at]]


class QueryPlan:
    """A query with its unions, its order and its limit."""

    def __init__(self, context: Context, query: node.Query, outer: Scope | None) -> None:
        self.context = context
        self.query = query
        self._scope = Scope(context.dialect, outer=outer)
        self._add_common()
        is_plain = not query.unions and isinstance(query.first, node.Select)
        self._first = self._part(query.first, query.order if is_plain else [])
        self._others = [(word, keeps, self._part(part, [])) for word, keeps, part in query.unions]
        self.columns = self._columns()
        self._keys = [] if is_plain else [self._output_key(key.value) for key in query.order]
        self._is_plain = is_plain
        limits = Compiler(context, Scope(context.dialect, outer=outer), subplans(context), clause="limit clause")
        self._limit = limits.evaluate(query.limit) if query.limit is not None else None
        self._offset = limits.evaluate(query.offset) if query.offset is not None else None

    @property
    def types(self) -> list[Type]:
        """The types of the columns."""
        return [column.type for column in self.columns]

    @property
    def is_correlated(self) -> bool:
        """Whether it depends on the row of a query around."""
        parts = [self._first, *(part for _, _, part in self._others)]
        return self._scope.is_correlated or any(part.is_correlated for part in parts)

    def run(self, outer: Frame | None) -> Running:
        """Return the rows."""
        limit, offset = self._bound(self._limit, outer), self._bound(self._offset, outer) or 0
        is_streamed = self._is_plain and not self.query.order and not self.query.into
        wants_all = isinstance(self.query.first, node.Select) and self.query.first.options.get("sql_calc_found_rows")
        stop_at = limit + offset if limit is not None and is_streamed and not wants_all else None
        if limit == 0 and is_streamed and not wants_all:
            return []
        found = yield from self._run_part(self._first, outer, stop_at)
        for word, keeps_all, part in self._others:
            more = yield from self._run_part(part, outer, None)
            found = self._combined(found, more, word, keeps_all=keeps_all)
        if self.query.order:
            if not self._is_plain:
                found = [(row, tuple(key(row) for key in self._keys)) for row, _ in found]
            found = self._sorted(found)
            yield
        self.context.found_rows = len(found)
        end = None if limit is None else offset + limit
        return [row for row, _ in found[offset:end]]

    def _add_common(self) -> None:
        """Make what WITH names known."""
        for name, columns, query in self.query.common:
            plan = QueryPlan(self.context, query, self._scope)
            self._scope.common[name.lower()] = (named(plan.columns, columns, name), plan.run)

    def _part(
        self, part: node.Select | node.Values | node.Query, order: list[node.Order]
    ) -> "SelectPlan | ValuesPlan | QueryPlan":
        """Make one part of a union ready."""
        if isinstance(part, node.Query):
            return QueryPlan(self.context, part, self._scope)
        scope = Scope(self.context.dialect, outer=self._scope.outer, common=self._scope.common)
        if isinstance(part, node.Values):
            return ValuesPlan(self.context, part, scope)
        return SelectPlan(self.context, part, scope, order)

    def _columns(self) -> list[Column]:
        """Return the columns; those of a union have types that fit all of its parts."""
        first = self._first.columns
        for _, _, part in self._others:
            if len(part.columns) != len(first):
                raise SqlError(Kind.UNION_COLUMNS, len(first))
        if not self._others:
            return first
        parts = [first, *(part.columns for _, _, part in self._others)]
        return [
            Column(columns[0].title, common_type([column.type for column in columns])) for columns in zip(*parts, strict=True)
        ]

    def _output_key(self, expression: node.Expression) -> Callable[[Row], Value]:
        """Return what orders the rows of a union: a place or a name."""
        place = _number(expression)
        if place is None and isinstance(expression, node.Name):
            names = [column.title.lower() for column in self.columns]
            place = names.index(expression.column.lower()) + 1 if expression.column.lower() in names else None
        if place is None or not 0 < place <= len(self.columns):
            raise SqlError(Kind.UNKNOWN_COLUMN, expression.source, "order clause")
        index = place - 1
        return lambda row: row[index]

    def _bound(self, evaluate: Evaluate | None, outer: Frame | None) -> int | None:
        """Return a limit as a number."""
        value = evaluate(outer or Frame(())) if evaluate else None
        if value is None:
            return None
        number = self.context.dialect.number(value)
        if not isinstance(number, int) or number < 0:
            raise SqlError(Kind.BAD_VALUE, "limit", str(value))
        return min(number, 1 << 40)

    def _run_part(
        self, part: "SelectPlan | ValuesPlan | QueryPlan", outer: Frame | None, stop_at: int | None
    ) -> Generator[None, None, Keyed]:
        """Return the rows of one part with their keys."""
        if isinstance(part, QueryPlan):
            rows = yield from part.run(outer)
            return [(row, ()) for row in rows]
        return (yield from part.run(outer, stop_at))

    def _combined(self, ones: Keyed, others: Keyed, word: str, *, keeps_all: bool) -> Keyed:
        """Return two parts put together."""
        key = self.context.dialect.key
        if word == "union":
            found = ones + others
            if len(found) > MAX_ROWS:
                raise SqlError(Kind.NO_MEMORY, 64 * len(found))
        else:
            known = {tuple(map(key, row)) for row, _ in others}
            found = [one for one in ones if (tuple(map(key, one[0])) in known) is (word == "intersect")]
        if keeps_all:
            return found
        return list({tuple(map(key, row)): (row, keys) for row, keys in reversed(found)}.values())[::-1]

    def _sorted(self, found: Keyed) -> Keyed:
        """Return the rows in order; the last key is applied first, as each sort keeps what is equal in its place."""
        dialect = self.context.dialect
        self.context.budget.spend(min(len(found) * len(self.query.order), 30_000))
        for place, order in reversed(list(enumerate(self.query.order))):
            first = order.nulls_first if order.nulls_first is not None else dialect.nulls_first is not order.descending
            nulls = [one for one in found if one[1][place] is None]
            rest = [one for one in found if one[1][place] is not None]
            rest.sort(key=_sort_key(dialect.compare, place), reverse=order.descending)
            found = nulls + rest if first else rest + nulls
        return found


def _sort_key(compare: Callable[[Value, Value], int], place: int) -> Callable[[tuple[Row, tuple[Value, ...]]], Any]:
    """Return the key for a sort by one value of each row."""
    ordered = cmp_to_key(compare)
    return lambda one: ordered(one[1][place])


def subplans(context: Context) -> Callable[[node.Query, Scope], Plan]:
    """Return what makes queries inside others ready."""
    return lambda query, scope: QueryPlan(context, query, scope)


def _nothing() -> Relation:
    """Return one row without columns: what a SELECT without FROM reads."""

    def rows(outer: Frame | None) -> Running:
        del outer
        yield from ()
        return [()]

    return Relation([], rows)


def _number(expression: node.Expression) -> int | None:
    """Return a whole number that stands for a place; None for anything else."""
    value = expression.value if isinstance(expression, node.Literal) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def column_of(context: Context, item: node.Item, compiled: Compiled) -> Column:
    """Return a column of the result."""
    own = compiled.column
    type_ = compiled.type if compiled.type != NULL else context.dialect.type_of_null()
    if own is None:
        return Column(item.alias or context.dialect.column_title(item.value), type_)
    title = item.alias or (own.title if isinstance(item.value, node.Place) else context.dialect.column_title(item.value))
    return Column(title, type_, own.table, own.table_alias, own.database, own.name, own.nullable, own.key, own.automatic)
