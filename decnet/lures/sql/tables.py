# SPDX-License-Identifier: MIT
"""Finds the table that a name means."""

from decnet.lures.sql.dialect import Context
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.world import Table


def placed(context: Context, parts: tuple[str, ...]) -> tuple[str, str]:
    """Return the database (or schema) and the name that a name of a table means; raises where none was chosen."""
    if len(parts) > 1:
        return context.dialect.database_named(context, parts[:-1]), parts[-1]
    found = context.dialect.default_database(context, parts[0])
    if not found:
        raise SqlError(Kind.NO_DATABASE)
    return found, parts[0]


def found_table(context: Context, parts: tuple[str, ...]) -> tuple[str, Table]:
    """Return a table and its database; raises ``SqlError`` where there is none."""
    if (system := context.dialect.catalog(context, parts)) is not None:
        return system.options.get("database", ""), system
    database, name = placed(context, parts)
    table = context.world.table(database, context.dialect.table_named(name))
    if table is None:
        # who may see nothing of a table learns nothing about it either
        context.dialect.may(context, "select", (database, name))
        if context.world.database(database) is None:
            raise context.dialect.missing_database(database, name)
        raise SqlError(Kind.UNKNOWN_TABLE, database, name)
    return database, table
