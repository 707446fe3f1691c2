# SPDX-License-Identifier: MIT
"""The views of information_schema (ISO/IEC 9075-11) that people and drivers ask for."""

from collections.abc import Iterator
from typing import Any

from decnet.lures.postgresql.catalog.relations import default_text, keys, owner_of, relations, type_oid
from decnet.lures.postgresql.catalog.shape import shapes
from decnet.lures.postgresql.kind import BY_ARRAY, BY_OID, oid_named, title_of
from decnet.lures.postgresql.view import View
from decnet.lures.sql.value import Type
from decnet.lures.sql.world import TableColumn

Rows = Iterator[dict[str, Any]]
_PRIVILEGES = ("INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def schemata(work: View) -> Rows:
    """Yield the schemas."""
    for name in dict.fromkeys(["public", "pg_catalog", "information_schema", "pg_toast", *work.world.databases]):
        yield {"catalog_name": work.backend.database, "schema_name": name, "schema_owner": "postgres"}


def tables(work: View) -> Rows:
    """Yield the tables."""
    for schema, table in relations(work):
        kind = "BASE TABLE" if table.kind == "table" else "VIEW"
        yield _table(work, schema, table.name, kind)
    for shape in shapes().values():
        yield _table(work, shape.schema, shape.name, "BASE TABLE" if shape.kind == "r" else "VIEW")


def _table(work: View, schema: str, name: str, kind: str) -> dict[str, Any]:
    """Return a row of tables."""
    return {"table_catalog": work.backend.database, "table_schema": schema, "table_name": name, "table_type": kind,
            "is_insertable_into": "YES" if kind == "BASE TABLE" else "NO", "is_typed": "NO"}  # fmt: skip


def columns(work: View) -> Rows:
    """Yield the columns."""
    for schema, table in relations(work):
        for number, column in enumerate(table.columns, 1):
            yield {**_column(work, schema, table.name, number, column), "column_default": default_text(table, column) or None}
    for shape in shapes().values():
        for number, column in enumerate(shape.table_columns(), 1):
            yield _column(work, shape.schema, shape.name, number, column)


def _column(work: View, schema: str, table: str, number: int, column: TableColumn) -> dict[str, Any]:
    """Return a row of columns."""
    oid = type_oid(column.type) if schema not in ("pg_catalog", "information_schema") else oid_named(column.type.name) or 25
    kind = BY_OID.get(oid)
    is_array = oid in BY_ARRAY
    name = f"_{BY_ARRAY[oid].name}" if is_array else kind.name if kind else "text"
    return {
        "table_catalog": work.backend.database,
        "table_schema": schema,
        "table_name": table,
        "column_name": column.name,
        "ordinal_position": number,
        "column_default": None,
        "is_nullable": "YES" if column.nullable else "NO",
        "data_type": "ARRAY" if is_array else title_of(oid),
        "udt_catalog": work.backend.database,
        "udt_schema": "pg_catalog",
        "udt_name": name,
        "dtd_identifier": str(number),
        "is_self_referencing": "NO",
        "is_identity": "NO",
        "identity_cycle": "NO",
        "is_generated": "NEVER",
        "is_updatable": "YES",
        **_sizes(column.type, name),
    }


def _sizes(type_: Type, name: str) -> dict[str, Any]:
    """Return the lengths of a column."""
    if name in ("varchar", "bpchar"):
        return {"character_maximum_length": type_.length or None, "character_octet_length": type_.length * 4 or None}
    bits = {"int2": 16, "int4": 32, "int8": 64}.get(name)
    if bits:
        return {"numeric_precision": bits, "numeric_precision_radix": 2, "numeric_scale": 0}
    if name == "numeric" and type_.length:
        return {"numeric_precision": type_.length, "numeric_precision_radix": 10, "numeric_scale": type_.scale}
    if name == "text":
        return {"character_octet_length": 1_073_741_824}
    return {"datetime_precision": 6} if name in ("timestamp", "timestamptz", "time") else {}


def table_privileges(work: View) -> Rows:
    """Yield who may do what with tables."""
    for schema, table in relations(work):
        owner = owner_of(work, table)
        for privilege in _PRIVILEGES:
            yield {"grantor": owner, "grantee": owner, "table_catalog": work.backend.database, "table_schema": schema,
                   "table_name": table.name, "privilege_type": privilege, "is_grantable": "YES",
                   "with_hierarchy": "YES" if privilege == "SELECT" else "NO"}  # fmt: skip


def table_constraints(work: View) -> Rows:
    """Yield primary keys and unique constraints."""
    for schema, table, key in keys(work):
        if key.kind != "MUL":
            yield {
                **_constraint(work, schema, key.name),
                "table_catalog": work.backend.database,
                "table_schema": schema,
                "table_name": table.name,
                "constraint_type": "PRIMARY KEY" if key.kind == "PRI" else "UNIQUE",
                "is_deferrable": "NO",
                "initially_deferred": "NO",
                "enforced": "YES",
            }


def _constraint(work: View, schema: str, name: str) -> dict[str, Any]:
    """Return the columns that name a constraint."""
    return {"constraint_catalog": work.backend.database, "constraint_schema": schema, "constraint_name": name}


def key_column_usage(work: View) -> Rows:
    """Yield the columns of keys."""
    for schema, table, key in keys(work):
        for number, name in enumerate(key.columns, 1):
            if key.kind != "MUL":
                yield {**_constraint(work, schema, key.name), "table_catalog": work.backend.database, "table_schema": schema,
                       "table_name": table.name, "column_name": name, "ordinal_position": number}  # fmt: skip


def views(work: View) -> Rows:
    """Yield the views."""
    for schema, table in relations(work):
        if table.kind == "view":
            yield {
                "table_catalog": work.backend.database,
                "table_schema": schema,
                "table_name": table.name,
                "check_option": "NONE",
                "is_updatable": "YES",
                "is_insertable_into": "YES",
            }


def routines(work: View) -> Rows:
    """Yield the functions that somebody made."""
    for one in work.cluster.routines.values():
        yield {"specific_catalog": work.backend.database, "specific_schema": "public", "specific_name": f"{one.name}_{one.oid}",
               "routine_catalog": work.backend.database, "routine_schema": "public", "routine_name": one.name,
               "routine_type": "PROCEDURE" if one.is_procedure else "FUNCTION", "data_type": one.returns,
               "external_language": one.language.upper(), "routine_definition": one.body[-1]}  # fmt: skip


def enabled_roles(work: View) -> Rows:
    """Yield the roles whose rights count."""
    yield {"role_name": work.backend.user}


def information_schema_catalog_name(work: View) -> Rows:
    """Yield the database."""
    yield {"catalog_name": work.backend.database}


PROVIDERS = {
    "schemata": schemata, "tables": tables, "columns": columns, "table_privileges": table_privileges,
    "role_table_grants": table_privileges, "table_constraints": table_constraints, "key_column_usage": key_column_usage,
    "constraint_column_usage": key_column_usage, "views": views, "routines": routines, "enabled_roles": enabled_roles,
    "applicable_roles": enabled_roles, "information_schema_catalog_name": information_schema_catalog_name,
}  # fmt: skip
