# SPDX-License-Identifier: MIT
"""Finds system tables, and tables that functions give."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from decnet.lures.postgresql.casting import array_items, cast_value
from decnet.lures.postgresql.catalog import people, relations, standard
from decnet.lures.postgresql.catalog.shape import Shape, shapes
from decnet.lures.postgresql.functions.declare import returned
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.postgresql.view import View
from decnet.lures.sql.context import MAX_ROWS
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Row, Type, Value, type_of
from decnet.lures.sql.world import Table, TableColumn

_PROVIDERS: dict[tuple[str, str], Callable[[View], Iterator[dict[str, Any]]]] = {
    **{("pg_catalog", name): one for name, one in {**relations.PROVIDERS, **people.PROVIDERS}.items()},
    **{("information_schema", name): one for name, one in standard.PROVIDERS.items()},
}


def system_table(work: View, schema: str, name: str) -> Table | None:
    """Return a system table; one without a schema is looked for in pg_catalog. None where there is none of that name."""
    shape = shapes().get((schema or "pg_catalog", name))
    if shape is None:
        return _sequence(work, schema, name) if name.endswith("_seq") else None
    table = Table(shape.name, shape.table_columns(), lambda: _rows(work, shape), kind="system")
    table.options["database"] = shape.schema
    return table


def _sequence(work: View, schema: str, name: str) -> Table | None:
    """Return the one row of a sequence; None where there is no sequence of that name."""
    for own, table in relations.relations(work):
        if (
            schema in ("", own)
            and work.world.table(own, name) is None
            and any(title == name for title, _ in relations.sequences(table))
        ):
            last = max(table.next_automatic() - 1, 1)
            found = _table([("last_value", "int8"), ("log_cnt", "int8"), ("is_called", "bool")], [(last, 0, last > 1)])
            found.name, found.options["database"] = name, own
            return found
    return None


def _rows(work: View, shape: Shape) -> list[Row]:
    """Return the rows of a system table."""
    provider = _PROVIDERS.get((shape.schema, shape.name))
    return [shape.row(values) for values in provider(work)] if provider else []


def table_of_function(work: View, name: str, arguments: list[Value]) -> Table | None:
    """Return what a function gives as a table; None where it gives one value."""
    make = _FUNCTIONS.get(name)
    return make(work, arguments) if make else None


def _table(columns: list[tuple[str, str]], rows: list[Row]) -> Table:
    """Return a table of a function."""
    return Table("", [TableColumn(name, returned(kind)) for name, kind in columns], lambda: rows, kind="system")


def _generate_series(_: View, arguments: list[Value]) -> Table:
    """Return numbers, or moments, from one to another."""
    if len(arguments) not in (2, 3) or None in [None if one is None else True for one in arguments]:
        return _table([("generate_series", "int4")], [])
    first, last = arguments[0], arguments[1]
    if isinstance(first, (int, Decimal)):
        kind = "int4" if isinstance(first, int) and abs(first) < 1 << 31 else "numeric"
        step: Any = arguments[2] if len(arguments) > 2 else 1
    else:
        kind = "timestamptz"
        first, last = (cast_value(one, Type("timestamptz", "datetime")) for one in (first, last))
        step = cast_value(arguments[-1], Type("interval", "time"))
    return _table([("generate_series", kind)], list(_series(first, last, step)))


def _series(first: Any, last: Any, step: Any) -> Iterator[Row]:
    """Yield values from one to another; raises where they are too many."""
    zero = timedelta() if isinstance(first, datetime) else 0
    if step == zero:
        raise Report("step size cannot equal zero", "22023", routine="generate_series_step_int4")
    value, count = first, 0
    while (value <= last) if step > zero else (value >= last):
        yield (value,)
        value += step
        count += 1
        if count > MAX_ROWS:
            raise SqlError(Kind.TIMEOUT)


def _unnest(_: View, arguments: list[Value]) -> Table:
    """Return the items of arrays, side by side."""
    lists = [one if isinstance(one, list) else array_items(text_of(one)) if one is not None else [] for one in arguments]
    size = max(map(len, lists), default=0)
    rows = [tuple(one[place] if place < len(one) else None for one in lists) for place in range(min(size, MAX_ROWS))]
    kinds = [next((type_of(item) for item in one if item is not None), Type("text", "text")) for one in lists]
    columns = [TableColumn("unnest", kind) for kind in kinds]
    return Table("", columns, lambda: rows, kind="system")


def _regexp_split(_: View, arguments: list[Value]) -> Table:
    """Return the lines of a text that was cut."""
    text, separator = text_of(arguments[0] or ""), text_of(arguments[1] or "") if len(arguments) > 1 else ""
    plain = {"\\n": "\n", "\\s+": None, "\\t": "\t"}.get(separator, separator)
    parts = text.split(plain) if plain or plain is None else list(text)
    return _table([("regexp_split_to_table", "text")], [(part,) for part in parts[:MAX_ROWS]])


def _json_items(_: View, arguments: list[Value]) -> Table:
    """Return nothing: what lies in a document is not taken apart."""
    del arguments
    return _table([("key", "text"), ("value", "text")], [])


def _acl(_: View, arguments: list[Value]) -> Table:
    """Return the rights of a list."""
    del arguments
    return _table([("grantor", "oid"), ("grantee", "oid"), ("privilege_type", "text"), ("is_grantable", "bool")], [])


def _options(_: View, arguments: list[Value]) -> Table:
    """Return the options of a list."""
    items = arguments[0] if arguments and isinstance(arguments[0], list) else []
    rows = [tuple(text_of(item).partition("=")[::2]) for item in items]
    return _table([("option_name", "text"), ("option_value", "text")], rows)


def _keywords(_: View, arguments: list[Value]) -> Table:
    """Return the words of the language that are reserved."""
    del arguments
    words = (
        "all",
        "and",
        "as",
        "case",
        "create",
        "desc",
        "from",
        "grant",
        "group",
        "order",
        "select",
        "table",
        "user",
        "where",
    )
    return _table([("word", "text"), ("catcode", "char"), ("catdesc", "text")], [(word, "R", "reserved") for word in words])


_FUNCTIONS: dict[str, Callable[[View, list[Value]], Table]] = {
    "generate_series": _generate_series,
    "unnest": _unnest,
    "regexp_split_to_table": _regexp_split,
    "string_to_table": _regexp_split,
    "json_each": _json_items,
    "jsonb_each": _json_items,
    "json_each_text": _json_items,
    "jsonb_each_text": _json_items,
    "aclexplode": _acl,
    "pg_options_to_table": _options,
    "pg_get_keywords": _keywords,
}
