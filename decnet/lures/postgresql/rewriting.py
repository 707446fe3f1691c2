# SPDX-License-Identifier: MIT
"""Queries of PostgreSQL in a form that the evaluator knows."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from decnet.lures.sql.aggregate import AGGREGATES
from decnet.lures.sql.node import Expression, Function, Item, Join, Literal, Name, Query, Select, TableFunction, TableName
from decnet.lures.sql.problem import Kind, SqlError

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


def refuse_ungrouped(query: Query) -> None:
    """Refuse a column that is neither grouped nor in an aggregate; where a key is grouped, all columns follow from it."""
    first = query.first
    if not isinstance(first, Select) or not (first.group or any(_aggregates(item.value) for item in first.items)):
        return
    grouped = {one.column for one in first.group if isinstance(one, Name)}
    places = {one.value for one in first.group if isinstance(one, Literal)}
    written = {one.source for one in first.group} - {""}
    if grouped & {"id", "oid"}:
        return
    for place, item in enumerate(first.items, 1):
        if place in places or item.alias in grouped or item.value.source in written:
            continue
        name = next((one for one in _bare_names(item.value) if one.column not in grouped), None)
        if name is not None:
            raise SqlError(Kind.GROUPING, place, _qualified(first, name))


def _aggregates(expression: Any) -> bool:
    """Whether an expression holds an aggregate."""
    return any(isinstance(one, Function) and one.name in AGGREGATES for one in _parts(expression))


def _parts(expression: Any) -> Iterator[Any]:
    """Yield an expression and what it is made of, without queries inside it."""
    if isinstance(expression, (list, tuple)):
        for one in expression:
            yield from _parts(one)
    elif isinstance(expression, (Expression, Item)):
        yield expression
        for one in fields(expression):
            yield from _parts(getattr(expression, one.name))


def _bare_names(expression: Any) -> Iterator[Name]:
    """Yield the columns of an expression that stand in no aggregate."""
    if isinstance(expression, Name):
        yield expression
    elif isinstance(expression, (list, tuple)):
        for one in expression:
            yield from _bare_names(one)
    elif isinstance(expression, Expression) and not (isinstance(expression, Function) and expression.name in AGGREGATES):
        for one in fields(expression):
            yield from _bare_names(getattr(expression, one.name))


def _qualified(select: Select, name: Name) -> str:
    """Return the name of a column with that of its table, where there is one table alone."""
    if len(name.parts) > 1 or not isinstance(select.source, TableName):
        return ".".join(name.parts)
    return f"{select.source.alias or select.source.parts[-1]}.{name.column}"
