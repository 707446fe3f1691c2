# SPDX-License-Identifier: MIT
"""INSERT, UPDATE and DELETE on the world of one attacker."""

from collections.abc import Callable, Generator, Iterable
from typing import Any

from decnet.lures.sql import node
from decnet.lures.sql.compiler import Compiler
from decnet.lures.sql.dialect import Context
from decnet.lures.sql.outcome import Done, Outcome, Rows
from decnet.lures.sql.plan import QueryPlan, column_of, subplans
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Evaluate, Frame, Scope
from decnet.lures.sql.source import visible_columns
from decnet.lures.sql.tables import found_table
from decnet.lures.sql.value import Row, Value, row_size
from decnet.lures.sql.world import Table, TableColumn

Changing = Generator[None, None, Outcome]


class Target:
    """The table that a statement changes, and how its columns are named."""

    def __init__(self, context: Context, name: node.TableName, what: str) -> None:
        self.context = context
        self.database, found = found_table(context, name.parts)
        context.dialect.may(context, what, (self.database, found.name))
        if found.kind != "table":
            raise SqlError(Kind.READ_ONLY, what, context.user, found.name)
        self.table = context.world.writable(self.database, found.name) or found
        alias = name.alias or self.table.name
        self.scope = Scope(context.dialect, visible_columns(self.table, self.database, alias, ()))

    def compiler(self, clause: str) -> Compiler:
        """Return a compiler for expressions on the rows of the table."""
        return Compiler(self.context, self.scope, subplans(self.context), clause=clause)

    def place(self, name: str) -> int:
        """Return the place of a column."""
        place = self.table.index_of(name)
        if place is None:
            raise SqlError(Kind.UNKNOWN_COLUMN, name, "field list")
        return place

    def assignments(self, changes: list[tuple[str, node.Expression]], compiler: Compiler) -> list[tuple[int, Evaluate]]:
        """Compile ``column = value, ...``; the word DEFAULT stands for the default."""
        found: list[tuple[int, Evaluate]] = []
        for name, expression in changes:
            place = self.place(name)
            if isinstance(expression, node.Name) and expression.parts[-1].lower() == "default" and len(expression.parts) == 1:
                column = self.table.columns[place]
                found.append((place, _default_value(column)))
            else:
                found.append((place, compiler.evaluate(expression)))
        return found

    def stored(self, place: int, value: Value) -> Value:
        """Return a value as its column keeps it; raises where it may not be there."""
        column = self.table.columns[place]
        if value is None:
            if not column.nullable and not column.automatic:
                raise SqlError(Kind.NOT_NULL, self.table.name, column.name)
            return None
        return self.context.dialect.store(self.context, value, column.type, column.name)

    def returned(self, items: list[node.Item], rows: list[Row], verb: str, affected: int) -> Outcome:
        """Return what RETURNING asks for, or how many rows changed."""
        if not items:
            return Done(verb, affected, matched=affected)
        expanded = [
            one
            for item in items
            for one in ([node.Item(node.Place(place)) for place in range(len(self.table.columns))]
                        if isinstance(item.value, node.Star) else [item])
        ]  # fmt: skip
        compiler = self.compiler("returning")
        compiled = [compiler.compile(item.value) for item in expanded]
        columns = [column_of(self.context, item, one) for item, one in zip(expanded, compiled, strict=True)]
        shown = [tuple(one.evaluate(Frame(row)) for one in compiled) for row in rows]
        return Rows(columns, shown, verb, affected)


class Insertion:
    """An INSERT or REPLACE on its way."""

    def __init__(self, context: Context, insert: node.Insert) -> None:
        self._context = context
        self._insert = insert
        self._target = Target(context, insert.table, "insert")
        self._table = self._target.table
        self._names = insert.columns or tuple(column.name for column in self._table.columns)
        self._places = [self._target.place(name) for name in self._names]
        self._verb = "replace" if insert.replace else "insert"
        self._update: list[tuple[int, Evaluate]] = []
        self._duplicates = 0
        self._updated = 0
        self._first_id = 0
        self._added: list[Row] = []
        if insert.update is not None:
            self._prepare_update(insert.update)

    def run(self) -> Changing:
        """Add the rows; none of them where one is wrong."""
        rows = yield from self._rows()
        table, budget = self._table, self._context.budget
        before, next_id = len(table.rows), table.next_automatic()
        try:
            for number, values in enumerate(rows, 1):
                budget.spend(2 + len(values))
                self._add(values, number)
                if budget.is_due():
                    yield
        except SqlError:
            del table.rows[before:]
            table.rows = table.rows
            table.next_id = next_id
            raise
        return self._outcome(len(rows))

    def _outcome(self, count: int) -> Outcome:
        """Return what was done."""
        affected = len(self._added) + self._duplicates * (2 if self._update else 1) * (
            not self._insert.ignore or bool(self._update)
        )
        context = self._context
        if self._first_id:
            context.last_insert_id = self._first_id
        outcome = self._target.returned(self._insert.returning, self._added, self._verb, affected)
        if isinstance(outcome, Done):
            outcome.last_id = self._first_id
            outcome.matched = count
            if count > 1 or self._insert.query is not None:
                outcome.info = f"Records: {count}  Duplicates: {self._duplicates}  Warnings: 0"
        return outcome

    def _rows(self) -> Generator[None, None, list[list[Any]]]:
        """Return the values of the rows that are to be added; a value that was left out is a marker."""
        insert, context = self._insert, self._context
        if insert.query is not None:
            plan = QueryPlan(context, insert.query, None)
            if len(plan.types) != len(self._places):
                raise SqlError(Kind.VALUE_COUNT, 1)
            found = yield from plan.run(None)
            return [list(row) for row in found]
        compiler = Compiler(context, Scope(context.dialect), subplans(context), clause="field list")
        rows: list[list[Any]] = []
        frame = Frame(())
        for number, row in enumerate(insert.rows, 1):
            if row and len(row) != len(self._places) and not self._may_lack(row):
                raise SqlError(Kind.VALUE_COUNT, number)
            rows.append([_LEFT_OUT if value is None else compiler.evaluate(value)(frame) for value in row])
            context.budget.spend(1 + len(row))
            if context.budget.is_due():
                yield
        return rows

    def _may_lack(self, row: list[Any]) -> bool:
        """Whether a row may leave its last columns out, as PostgreSQL lets it where no columns are named."""
        return self._context.dialect.bars_join and not self._insert.columns and len(row) < len(self._places)

    def _prepare_update(self, changes: list[tuple[str, node.Expression]]) -> None:
        """Compile what a duplicate does; ``values(column)`` and ``excluded.column`` are the row that was to be added."""
        own = self._target.scope
        new = visible_columns(self._table, "", "excluded", ())
        for visible in new:
            visible.is_hidden = True
        scope = Scope(own.dialect, own.columns + new)
        compiler = Compiler(self._context, scope, subplans(self._context), clause="field list")
        self._update = self._target.assignments([(name, _excluded(one)) for name, one in changes], compiler)

    def _add(self, values: list[Any], number: int) -> None:
        """Add one row, unless a key of it is taken."""
        given = dict(zip(self._places, values, strict=False))
        row = tuple(self._value(place, given.get(place, _LEFT_OUT), number) for place in range(len(self._table.columns)))
        taken = self._taken(row)
        if taken is not None:
            self._meet_duplicate(row, taken)
            return
        self._context.world.charge(row_size(row), 1)
        self._table.rows.append(row)
        self._table.updated_at = self._context.statement_at
        self._added.append(row)
        key = self._context.dialect.key
        for places, known in self._table.unique_sets(key).items():
            if None not in [row[place] for place in places]:
                known.add(tuple(key(row[place]) for place in places))

    def _value(self, place: int, value: Any, number: int) -> Value:
        """Return what a column of the new row holds."""
        column = self._table.columns[place]
        if column.automatic and (value is _LEFT_OUT or value in (None, 0)):
            fresh = self._table.next_automatic()
            self._table.next_id = fresh + 1
            self._first_id = self._first_id or fresh
            return fresh
        if value is not _LEFT_OUT:
            stored = self._target.stored(place, value)
            if column.automatic and isinstance(stored, int):
                self._table.next_id = max(self._table.next_automatic(), stored + 1)
            return stored
        found = default_of(column)
        if found is None and not column.nullable:
            found = self._context.dialect.implicit_default(self._context, column.type)
            if found is None:
                raise SqlError(Kind.NO_DEFAULT, column.name, self._table.name, number)
        return found if found is None else self._target.stored(place, found)

    def _taken(self, row: Row) -> tuple[int, ...] | None:
        """Return the columns of a unique key whose values in ``row`` are there already."""
        key = self._context.dialect.key
        for places, known in self._table.unique_sets(key).items():
            values = [row[place] for place in places]
            if None not in values and tuple(map(key, values)) in known:
                return places
        return None

    def _meet_duplicate(self, row: Row, places: tuple[int, ...]) -> None:
        """Do what the statement says about a key that is taken."""
        if self._insert.update is None and not self._insert.replace:
            if self._insert.ignore:
                self._duplicates += 1
                return
            shown = "-".join(self._context.dialect.text(row[place]) for place in places)
            raise SqlError(Kind.DUPLICATE_KEY, shown, self._table.name, key_name(self._table, places))
        key, table = self._context.dialect.key, self._table
        wanted = [key(row[place]) for place in places]
        self._context.budget.spend(len(table.rows) // 4)
        at = next(number for number, old in enumerate(table.rows) if [key(old[place]) for place in places] == wanted)
        self._duplicates += 1
        if self._insert.replace:
            changed = list(table.rows)
            changed[at] = row
        else:
            old = table.rows[at]
            frame, new = Frame((*old, *row)), list(old)
            for place, value in self._update:
                new[place] = self._target.stored(place, value(frame))
            changed = list(table.rows)
            changed[at] = tuple(new)
        self._context.world.charge(row_size(changed[at]))
        table.rows = changed
        if self._insert.replace:
            self._added.append(row)


class _LeftOut:
    """Stands for a value that was not given."""


_LEFT_OUT = _LeftOut()


def default_of(column: TableColumn) -> Value:
    """Return the default of a column."""
    return column.default() if callable(column.default) else column.default


def key_name(table: Table, places: tuple[int, ...]) -> str:
    """Return the name of the unique key with these columns."""
    names = tuple(table.columns[place].name.lower() for place in places)
    return next((key.name for key in table.keys if tuple(name.lower() for name in key.columns) == names), "PRIMARY")


def _excluded(expression: node.Expression) -> node.Expression:
    """Return an expression in which ``VALUES(column)`` is written as ``excluded.column``."""
    if isinstance(expression, node.Function) and expression.name in ("values", "value") and len(expression.arguments) == 1:
        inner = expression.arguments[0]
        return node.Name(("excluded", inner.column)) if isinstance(inner, node.Name) else expression
    if isinstance(expression, node.Operation):
        expression.operands = tuple(map(_excluded, expression.operands))
    elif isinstance(expression, node.Function):
        expression.arguments = list(map(_excluded, expression.arguments))
    return expression


def insert(context: Context, statement: node.Insert) -> Changing:
    """Add rows."""
    return (yield from Insertion(context, statement).run())


def _default_value(column: TableColumn) -> Evaluate:
    """Return a column's default as an expression."""
    return lambda _: default_of(column)


def _row_key(target: Target, rows: list[Row], evaluate: Evaluate) -> Callable[[int], Any]:
    """Return what puts numbers of rows in the order of an expression."""
    key = target.context.dialect.sort_key
    return lambda number: key(evaluate(Frame(rows[number])))


def _chosen(
    target: Target, where: node.Expression | None, order: list[node.Order], limit: node.Expression | None
) -> Generator[None, None, list[int]]:
    """Return the numbers of the rows that an UPDATE or DELETE means."""
    compiler = target.compiler("where clause")
    condition = compiler.condition(where) if where is not None else None
    keys = [(compiler.evaluate(key.value), key.descending) for key in order]
    bound = compiler.evaluate(limit)(Frame(())) if limit is not None else None
    budget, rows = target.context.budget, target.table.rows
    found = []
    for number, row in enumerate(rows):
        budget.spend(compiler.nodes + 1)
        if condition is None or condition(Frame(row)):
            found.append(number)
        if budget.is_due():
            yield
    for evaluate, descending in reversed(keys):
        found.sort(key=_row_key(target, rows, evaluate), reverse=descending)
    return found if not isinstance(bound, int) else found[: max(bound, 0)]


def update(context: Context, statement: node.Update) -> Changing:
    """Change rows; a row that stays as it is was only matched."""
    target = Target(context, statement.table, "update")
    compiler = target.compiler("field list")
    changes = target.assignments(statement.changes, compiler)
    chosen = yield from _chosen(target, statement.where, statement.order, statement.limit)
    rows = list(target.table.rows)
    changed = []
    for number in chosen:
        new = list(rows[number])
        for place, value in changes:
            new[place] = target.stored(place, value(Frame(tuple(new) if context.dialect.updates_see_changes else rows[number])))
        context.budget.spend(compiler.nodes + 1)
        if tuple(new) != rows[number]:
            context.world.charge(row_size(tuple(new)))
            rows[number] = tuple(new)
            changed.append(number)
        if context.budget.is_due():
            yield
    _refuse_duplicates(target, rows, changed, {place for place, _ in changes})
    target.table.rows = rows
    outcome = target.returned(statement.returning, [rows[number] for number in chosen], "update", len(changed))
    if isinstance(outcome, Done):
        outcome.matched = len(chosen)
        outcome.info = f"Rows matched: {len(chosen)}  Changed: {len(changed)}  Warnings: 0"
    return outcome


def _refuse_duplicates(target: Target, rows: list[Row], changed: Iterable[int], places: set[int]) -> None:
    """Raise where changed rows have keys that are taken."""
    key, table = target.context.dialect.key, target.table
    for one in table.keys:
        own = tuple(place for name in one.columns if (place := table.index_of(name)) is not None)
        if one.kind not in ("PRI", "UNI") or not places & set(own):
            continue
        count: dict[tuple[Any, ...], int] = {}
        for row in rows:
            values = tuple(key(row[place]) for place in own)
            count[values] = count.get(values, 0) + (None not in [row[place] for place in own])
        for number in changed:
            if count[tuple(key(rows[number][place]) for place in own)] > 1:
                shown = "-".join(target.context.dialect.text(rows[number][place]) for place in own)
                raise SqlError(Kind.DUPLICATE_KEY, shown, table.name, one.name)


def delete(context: Context, statement: node.Delete) -> Changing:
    """Remove rows."""
    target = Target(context, statement.table, "delete")
    chosen = yield from _chosen(target, statement.where, statement.order, statement.limit)
    rows, gone = target.table.rows, set(chosen)
    removed = [rows[number] for number in chosen]
    target.table.rows = [row for number, row in enumerate(rows) if number not in gone]
    return target.returned(statement.returning, removed, "delete", len(removed))


def truncate(context: Context, statement: node.Truncate) -> Changing:
    """Remove all rows of tables."""
    targets = [Target(context, name, "truncate") for name in statement.tables]
    yield
    for target in targets:
        target.table.rows = []
        target.table.next_id = 1 if any(column.automatic for column in target.table.columns) else 0
    return Done("truncate table")
