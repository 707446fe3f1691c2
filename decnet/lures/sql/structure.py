# SPDX-License-Identifier: MIT
"""CREATE, ALTER and DROP on the world of one attacker."""

from collections.abc import Callable, Generator

from decnet.lures.sql import node
from decnet.lures.sql.change import default_of
from decnet.lures.sql.compiler import Compiler
from decnet.lures.sql.dialect import Context
from decnet.lures.sql.outcome import Done, Outcome
from decnet.lures.sql.plan import QueryPlan, subplans
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Frame, Scope
from decnet.lures.sql.tables import found_table, placed
from decnet.lures.sql.value import TEXT, Row, Value, row_size
from decnet.lures.sql.world import Key, Table, TableColumn

Changing = Generator[None, None, Outcome]


def create_table(context: Context, statement: node.CreateTable) -> Changing:
    """Make a table: from columns, like another one, or from a query."""
    database, name = _new_place(context, statement.table)
    if context.world.table(database, name) is not None:
        if statement.if_not_exists:
            return Done("create table", warnings=1)
        raise SqlError(Kind.TABLE_EXISTS, name)
    columns, keys = _declared(context, statement)
    rows: list[Row] = []
    if statement.query is not None:
        plan = QueryPlan(context, statement.query, None)
        columns += [
            TableColumn(one.title, one.type if one.type.family != "null" else TEXT, one.nullable) for one in plan.columns
        ]
        rows = yield from plan.run(None)
    if not columns and not context.dialect.bars_join:
        raise SqlError(Kind.NO_COLUMNS)
    _refuse_twice(columns)
    _mark_keys(columns, keys)
    table = Table(name, columns, keys=keys, created_at=context.statement_at, updated_at=context.statement_at)
    table.options = {"owner": context.user, **statement.options}
    table.comment = statement.options.get("comment", "")
    context.world.charge(sum(map(row_size, rows)), len(rows))
    context.world.add_table(database, table)
    table.rows = rows
    return Done("create table" if statement.query is None else "select into", affected=len(rows), matched=len(rows))


def _declared(context: Context, statement: node.CreateTable) -> tuple[list[TableColumn], list[Key]]:
    """Return the columns and keys that a statement declares."""
    keys = [Key(key.name, key.columns, key.kind) for key in statement.keys]
    if statement.like is not None:
        _, other = found_table(context, statement.like.parts)
        return list(other.columns), list(other.keys) + keys
    columns = [column_of(context, definition) for definition in statement.columns]
    names = {column.name.lower() for column in columns}
    for key in keys:
        for column in key.columns:
            if column.lower() not in names and statement.query is None:
                raise SqlError(Kind.UNKNOWN_COLUMN, column, "key")
        if not key.name:
            key.name = context.dialect.key_title(statement.table.parts[-1], key.columns, key.kind)
    return columns, keys


def column_of(context: Context, definition: node.ColumnDefinition) -> TableColumn:
    """Return the column that a definition describes."""
    default: Value | Callable[[], Value] = None
    text = ""
    is_null = isinstance(definition.default, node.Literal) and definition.default.value is None
    if definition.default is not None and not is_null:
        compiler = Compiler(context, Scope(context.dialect), subplans(context), clause="field list")
        evaluate = compiler.evaluate(definition.default)
        text = definition.default.source
        default = definition.default.value if isinstance(definition.default, node.Literal) else lambda: evaluate(Frame(()))
    return TableColumn(
        definition.name, definition.type, definition.nullable and definition.key != "PRI", default, text, definition.automatic,
        definition.key, definition.comment,
    )  # fmt: skip


def _refuse_twice(columns: list[TableColumn]) -> None:
    """Raise where two columns have one name."""
    seen: set[str] = set()
    for column in columns:
        if column.name.lower() in seen:
            raise SqlError(Kind.COLUMN_EXISTS, column.name)
        seen.add(column.name.lower())


def _mark_keys(columns: list[TableColumn], keys: list[Key]) -> None:
    """Note at each column which key it begins."""
    for key in keys:
        for place, name in enumerate(key.columns):
            column = next((column for column in columns if column.name.lower() == name.lower()), None)
            if column is None:
                continue
            if key.kind == "PRI":
                column.nullable = False
            kind = "MUL" if key.kind == "UNI" and len(key.columns) > 1 else key.kind
            if (place == 0 or key.kind == "PRI") and (not column.key or kind == "PRI"):
                column.key = kind


def _new_place(context: Context, name: node.TableName) -> tuple[str, str]:
    """Return where a new table goes."""
    if len(name.parts) == 1:
        database = context.dialect.creation_database(context)
        if not database:
            raise SqlError(Kind.NO_DATABASE)
        found = database, name.parts[0]
    else:
        found = placed(context, name.parts)
    if context.world.database(found[0]) is None:
        context.dialect.may(context, "create", found)
        raise SqlError(Kind.UNKNOWN_DATABASE, found[0])
    context.dialect.may(context, "create", found)
    return found[0], context.dialect.table_named(found[1])


def create_view(context: Context, statement: node.CreateView) -> Changing:
    """Make a view: a table that holds what its query gives now."""
    database, name = _new_place(context, statement.table)
    if context.world.table(database, name) is not None and not statement.replace:
        raise SqlError(Kind.TABLE_EXISTS, name)
    plan = QueryPlan(context, statement.query, None)
    rows = yield from plan.run(None)
    titles = [*statement.table.columns, *(column.title for column in plan.columns[len(statement.table.columns) :])]
    columns = [TableColumn(title, one.type) for title, one in zip(titles, plan.columns, strict=False)]
    context.world.charge(sum(map(row_size, rows)), len(rows))
    table = Table(name, columns, kind="view", created_at=context.statement_at)
    table.options = {"owner": context.user, "query": statement.query.source}
    context.world.add_table(database, table)
    table.rows = rows
    return Done("create view")


def create_database(context: Context, statement: node.CreateDatabase) -> Changing:
    """Make a database (or schema)."""
    yield
    context.dialect.may(context, "create database", (statement.name,))
    if context.world.database(statement.name) is not None or context.dialect.is_system_database(statement.name):
        if statement.if_not_exists:
            return Done(f"create {statement.what}", affected=1, warnings=1)
        raise SqlError(Kind.DATABASE_EXISTS, statement.name)
    context.world.add_database(statement.name, {"owner": context.user, **statement.options})
    return Done(f"create {statement.what}", affected=1)


def create_index(context: Context, statement: node.CreateIndex) -> Changing:
    """Add an index to a table."""
    yield
    database, found = found_table(context, statement.table.parts)
    context.dialect.may(context, "alter", (database, found.name))
    table = context.world.writable(database, found.name) or found
    _add_key(context, table, statement.key)
    return Done("create index")


def _add_key(context: Context, table: Table, definition: node.KeyDefinition) -> None:
    """Add a key to a table."""
    for name in definition.columns:
        if table.index_of(name) is None:
            raise SqlError(Kind.UNKNOWN_COLUMN, name, "key")
    title = definition.name or context.dialect.key_title(table.name, definition.columns, definition.kind)
    if len(table.keys) >= 64:
        raise SqlError(Kind.TOO_LARGE, "keys")
    table.keys.append(Key(title, definition.columns, definition.kind))
    table.columns = [_copied(column) for column in table.columns]
    _mark_keys(table.columns, table.keys)
    table.rows = table.rows


def _copied(column: TableColumn) -> TableColumn:
    """Return a column that may be changed."""
    return TableColumn(
        column.name,
        column.type,
        column.nullable,
        column.default,
        column.default_text,
        column.automatic,
        column.key,
        column.comment,
    )


def drop(context: Context, statement: node.Drop) -> Changing:
    """Drop tables, databases and what else there is."""
    yield
    if statement.what in ("table", "view"):
        return _drop_tables(context, statement)
    if statement.what in ("database", "schema"):
        return _drop_database(context, statement)
    return context.dialect.dropped(context, statement)


def _drop_tables(context: Context, statement: node.Drop) -> Done:
    """Drop tables; those that are missing are named after the others are gone."""
    missing = []
    for name in statement.names:
        database, table = placed(context, name.parts)
        context.dialect.may(context, "drop", (database, table))
        holder = context.world.database(database)
        if holder is None or holder.tables.pop(context.dialect.table_named(table), None) is None:
            missing.append((database, table))
    if missing and not statement.if_exists:
        raise SqlError(Kind.NO_SUCH_TABLE, *missing[0])
    return Done(f"drop {statement.what}", warnings=len(missing))


def _drop_database(context: Context, statement: node.Drop) -> Done:
    """Drop a database (or schema) with everything in it."""
    name = statement.names[0].parts[-1]
    context.dialect.may(context, "drop database", (name,))
    found = context.world.databases.pop(name, None)
    if found is None:
        if statement.if_exists:
            return Done(f"drop {statement.what}", warnings=1)
        raise SqlError(Kind.NO_SUCH_DATABASE, name)
    if context.database == name:
        context.database = ""
    return Done(f"drop {statement.what}", affected=len(found.tables))


def alter_table(context: Context, statement: node.AlterTable) -> Changing:
    """Change the columns, the keys or the name of a table."""
    yield
    try:
        database, found = found_table(context, statement.table.parts)
    except SqlError:
        if statement.if_exists:
            return Done("alter table", warnings=1)
        raise
    context.dialect.may(context, "alter", (database, found.name))
    if found.kind != "table":
        raise SqlError(Kind.READ_ONLY, "alter", context.user, found.name)
    table = context.world.writable(database, found.name) or found
    for alteration in statement.alterations:
        _alter(context, database, table, alteration)
        context.budget.spend(len(table.rows))
    return Done("alter table", matched=len(table.rows), info="Records: 0  Duplicates: 0  Warnings: 0")


def _alter(context: Context, database: str, table: Table, alteration: node.Alteration) -> None:
    """Make one change."""
    if alteration.what == "add" and alteration.column is not None:
        _add_column(context, table, alteration.column)
    elif alteration.what.startswith("drop") and alteration.what != "drop key":
        _drop_column(table, alteration.name, if_exists=alteration.what != "drop")
    elif alteration.what in ("modify", "rename") and alteration.column is not None:
        _change_column(context, table, alteration.name, alteration.column)
    elif alteration.what == "key" and alteration.key is not None:
        _add_key(context, table, alteration.key)
    elif alteration.what == "drop key":
        table.keys = [key for key in table.keys if key.name.lower() != alteration.name.lower()]
    elif alteration.what == "table":
        _rename(context, database, table, alteration.name)


def _add_column(context: Context, table: Table, definition: node.ColumnDefinition) -> None:
    """Add a column; every row gets its default."""
    if table.index_of(definition.name) is not None:
        raise SqlError(Kind.COLUMN_EXISTS, definition.name)
    if len(table.columns) >= 100:
        raise SqlError(Kind.TOO_LARGE, "columns")
    column = column_of(context, definition)
    value = default_of(column)
    if value is None and not column.nullable and not column.automatic:
        value = context.dialect.implicit_default(context, column.type)
    context.world.charge(32 * len(table.rows))
    table.columns = [*table.columns, column]
    table.rows = [(*row, number if column.automatic else value) for number, row in enumerate(table.rows, 1)]


def _drop_column(table: Table, name: str, *, if_exists: bool) -> None:
    """Take a column away."""
    place = table.index_of(name)
    if place is None:
        if if_exists:
            return
        raise SqlError(Kind.NO_SUCH_COLUMN, name, table.name)
    table.columns = table.columns[:place] + table.columns[place + 1 :]
    table.keys = [key for key in table.keys if name.lower() not in [one.lower() for one in key.columns]]
    table.rows = [row[:place] + row[place + 1 :] for row in table.rows]


def _change_column(context: Context, table: Table, name: str, definition: node.ColumnDefinition) -> None:
    """Give a column another name or type; its values follow."""
    place = table.index_of(name)
    if place is None:
        raise SqlError(Kind.UNKNOWN_COLUMN, name, table.name)
    if definition.name.lower() != name.lower() and table.index_of(definition.name) is not None:
        raise SqlError(Kind.COLUMN_EXISTS, definition.name)
    if not definition.type.name:
        column = _copied(table.columns[place])
        column.name = definition.name
    else:
        column = column_of(context, definition)
        column.key = table.columns[place].key
        store = context.dialect.store
        table.rows = [
            (
                *row[:place],
                None if row[place] is None else store(context, row[place], column.type, column.name),
                *row[place + 1 :],
            )
            for row in table.rows
        ]
    table.columns = [*table.columns[:place], column, *table.columns[place + 1 :]]


def _rename(context: Context, database: str, table: Table, name: str) -> None:
    """Give a table another name, perhaps in another database."""
    holder, _, own = name.rpartition(".")
    target = holder or database
    if context.world.database(target) is None:
        raise SqlError(Kind.UNKNOWN_DATABASE, target)
    if context.world.table(target, own) is not None:
        raise SqlError(Kind.TABLE_EXISTS, own)
    context.dialect.may(context, "create", (target, own))
    del context.world.databases[database].tables[table.name]
    table.name = own
    context.world.databases[target].tables[own] = table
