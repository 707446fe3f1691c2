# SPDX-License-Identifier: MIT
"""Functions that tell how tables, keys and functions are defined: what psql, pg_dump and drivers ask of the catalogue."""

from typing import Any

from decnet.lures.postgresql.functions.declare import Collection
from decnet.lures.postgresql.functions.text import quoted_name
from decnet.lures.postgresql.kind import oid_named, title_of
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.value import Value

DEFINITIONS = Collection()
strict, plain = DEFINITIONS.strict, DEFINITIONS.plain
_BLOCK = 8192


@plain("format_type", "text")
def format_type(_: Any, oid: Value, modifier: Value = None) -> Value:
    """Return the name of a type with what stands in its brackets."""
    return None if oid is None else title_of(int(oid), -1 if modifier is None else int(modifier))  # type: ignore[arg-type]  # numbers


@strict(
    "pg_table_is_visible pg_type_is_visible pg_function_is_visible pg_operator_is_visible pg_opclass_is_visible "
    "pg_collation_is_visible pg_conversion_is_visible pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible "
    "pg_ts_template_is_visible pg_statistics_obj_is_visible pg_opfamily_is_visible",
    "bool",
)
def is_visible(context: Any, oid: Value) -> Value:
    """Whether something is found without its schema."""
    return context.lure.is_visible(oid)  # type: ignore[no-any-return]  # a boolean


@plain("pg_get_expr", "text")
def pg_get_expr(_: Any, tree: Value, _relation: Value, _pretty: Value = False) -> Value:  # noqa: FBT002 - a value of SQL
    """Return an expression of the catalogue, which is kept as its text here."""
    return tree


@strict("pg_get_constraintdef", "text")
def pg_get_constraintdef(context: Any, oid: Value, _pretty: Value = False) -> Value:  # noqa: FBT002 - a value of SQL
    """Return how a constraint is declared."""
    found = context.lure.key_by_oid(oid)
    if found is None:
        return None
    _, key = found
    word = "PRIMARY KEY" if key.kind == "PRI" else "UNIQUE"
    return f"{word} ({', '.join(map(quoted_name, key.columns))})"


@strict("pg_get_indexdef", "text")
def pg_get_indexdef(context: Any, oid: Value, column: Value = 0, _pretty: Value = False) -> Value:  # noqa: FBT002 - a value of SQL
    """Return how an index is made, or one of its columns."""
    found = context.lure.key_by_oid(oid)
    if found is None:
        return None
    (schema, table), key = found
    number = int(column)  # type: ignore[arg-type]  # a number, or the call fails
    if number:
        return quoted_name(key.columns[number - 1]) if 0 < number <= len(key.columns) else ""
    return index_definition(schema, table.name, key)


def index_definition(schema: str, table: str, key: Any) -> str:
    """Return the statement that makes an index."""
    unique = "UNIQUE " if key.kind in ("PRI", "UNI") else ""
    columns = ", ".join(map(quoted_name, key.columns))
    return f"CREATE {unique}INDEX {quoted_name(key.name)} ON {quoted_name(schema)}.{quoted_name(table)} USING btree ({columns})"


@plain(
    "pg_get_viewdef pg_get_ruledef pg_get_triggerdef pg_get_partkeydef pg_get_statisticsobjdef pg_get_partition_constraintdef",
    "text",
)
def no_definition(_: Any, *_values: Value) -> Value:
    """Return nothing: there are none of these."""
    return None


@strict("pg_get_functiondef", "text")
def pg_get_functiondef(context: Any, oid: Value) -> Value:
    """Return the statement that makes a function."""
    found = context.lure.cluster.routines.get(oid)
    if found is None:
        return None
    body = (
        f"AS $function${found.body[0]}$function$"
        if len(found.body) == 1
        else f"AS '{found.body[0]}', $function${found.body[1]}$function$"
    )
    return (
        f"CREATE OR REPLACE FUNCTION public.{quoted_name(found.name)}({found.arguments})\n RETURNS {found.returns}\n"
        f" LANGUAGE {found.language}\n{body}\n"
    )


@strict("pg_get_function_result", "text")
def pg_get_function_result(context: Any, oid: Value) -> Value:
    """Return the type that a function returns."""
    found = context.lure.cluster.routines.get(oid)
    return found.returns if found else None


@strict("pg_get_function_arguments pg_get_function_identity_arguments", "text")
def pg_get_function_arguments(context: Any, oid: Value) -> Value:
    """Return the arguments of a function."""
    found = context.lure.cluster.routines.get(oid)
    return found.arguments if found else None


@plain("obj_description shobj_description", "text")
def obj_description(context: Any, oid: Value, catalog: Value = "") -> Value:
    """Return the comment on something; only the databases that come with the server have one."""
    if text_of(catalog or "") != "pg_database":
        return "standard public schema" if oid == 2200 else None
    words = {"postgres": "default administrative connection database", "template0": "unmodifiable empty database",
             "template1": "default template for new databases"}  # fmt: skip
    return next((words.get(entry.name) for entry in context.lure.cluster.databases.values() if entry.oid == oid), None)


@plain("col_description", "text")
def col_description(_: Any, *_values: Value) -> Value:
    """Return the comment on a column: nobody wrote one."""
    return None


@strict("pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size", "int8")
def pg_relation_size(context: Any, relation: Value, _fork: Value = "main") -> Value:
    """Return the size of a table: its rows in whole blocks."""
    table = context.lure.table_by_oid(context.lure.relation_oid(relation))
    if table is None:
        return _BLOCK
    pages = max(1, len(table.rows) * 96 // _BLOCK + 1) if table.kind == "table" else 6
    return _BLOCK * pages + (24_576 if len(table.rows) else 0)


@strict("pg_relation_filepath", "text")
def pg_relation_filepath(context: Any, relation: Value) -> Value:
    """Return the file of a table."""
    database = context.lure.cluster.databases[context.lure.backend.database]
    return f"base/{database.oid}/{context.lure.relation_oid(relation)}"


@strict("pg_relation_filenode", "oid")
def pg_relation_filenode(context: Any, relation: Value) -> Value:
    """Return the number of the file of a table."""
    return context.lure.relation_oid(relation)  # type: ignore[no-any-return]  # a number


@strict("to_regclass", "regclass")
def to_regclass(context: Any, name: Value) -> Value:
    """Return a table by its name; NULL where there is none."""
    try:
        return context.lure.registered(text_of(name), "regclass")  # type: ignore[no-any-return]  # a number with a name
    except Report:
        return None


@strict("to_regtype", "regtype")
def to_regtype(context: Any, name: Value) -> Value:
    """Return a type by its name; NULL where there is none."""
    return context.lure.registered(text_of(name), "regtype") if oid_named(text_of(name).lower()) else None


@plain("pg_get_serial_sequence", "text")
def pg_get_serial_sequence(context: Any, table: Value, column: Value) -> Value:
    """Return the sequence of a column."""
    found = context.lure.table_by_oid(context.lure.relation_oid(table))
    if found is None or not any(one.automatic and one.name == column for one in found.columns):
        return None
    return f"public.{quoted_name(f'{found.name}_{text_of(column)}_seq')}"


@strict("nextval currval", "int8")
def nextval(context: Any, name: Value) -> Value:
    """Return the next number of a sequence."""
    return context.lure.next_value(text_of(name))  # type: ignore[no-any-return]  # a number


@strict("setval", "int8")
def setval(context: Any, name: Value, value: Value, _called: Value = True) -> Value:  # noqa: FBT002 - a value of SQL
    """Set a sequence."""
    context.lure.next_value(text_of(name))
    return value


@plain("lastval", "int8")
def lastval(_: Any) -> Value:
    """Return the number that was last taken: none was."""
    raise Report("lastval is not yet defined in this session", "55000", routine="lastval")


@plain(
    "pg_stat_get_numscans pg_stat_get_live_tuples pg_stat_get_dead_tuples pg_partition_root pg_relation_is_publishable", "int8"
)
def zero(_: Any, *_values: Value) -> Value:
    """Return nothing that anybody counted."""
    return 0


@plain("acldefault", "aclitem[]")
def acldefault(_: Any, kind: Value, _owner: Value) -> Value:
    """Return the rights that something has of itself."""
    rights = {"n": "UC", "r": "arwdDxt", "s": "rwU", "d": "CTc", "f": "X", "l": "U", "T": "U"}.get(text_of(kind or ""), "")
    return [f"postgres={rights}/postgres"]


@plain("pg_describe_object", "text")
def pg_describe_object(_: Any, *_values: Value) -> Value:
    """Return no words for an object."""
    return ""
