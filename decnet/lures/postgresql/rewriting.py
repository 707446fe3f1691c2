# SPDX-License-Identifier: MIT
"""Queries of PostgreSQL in a form that the evaluator knows."""

from decnet.lures.sql.node import Function, Join, Name, Query, Select, TableFunction, TableName

_SETS = ("generate_series", "unnest", "pg_ls_dir", "regexp_split_to_table", "string_to_table", "pg_listening_channels")


def spread(query: Query) -> None:
    """Let a function that returns rows stand in a select list: without tables beside it, it is one itself."""
    first = query.first
    if not isinstance(first, Select) or first.source is not None:
        return
    for item in first.items:
        call = item.value
        if isinstance(call, Function) and call.name in _SETS and call.arguments:
            first.source = TableFunction(call, call.name)
            item.alias = item.alias or call.name
            item.value = Name((call.name,))
            return


def reads(part: object, name: str) -> bool:
    """Whether a part of a query reads what has a name."""
    source = part.source if isinstance(part, Select) else None
    while isinstance(source, Join):
        if isinstance(source.right, TableName) and source.right.parts == (name,):
            return True
        source = source.left
    return isinstance(source, TableName) and source.parts == (name,)
