# SPDX-License-Identifier: MIT
"""The tables about tables: pg_class, pg_attribute, pg_index, pg_constraint and the views over them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from decnet.lures.postgresql.catalog.shape import shapes
from decnet.lures.postgresql.functions.definitions import index_definition
from decnet.lures.postgresql.kind import BY_ARRAY, BY_OID, oid_named
from decnet.lures.postgresql.view import View
from decnet.lures.sql.value import Type
from decnet.lures.sql.world import Key, Table, TableColumn

Rows = Iterator[dict[str, Any]]
SYSTEM_OWNER = 10
_NAMESPACES = {"pg_catalog": 11, "pg_toast": 99, "public": 2200, "information_schema": 13_150}
_HEAP, _BTREE = 2, 403
_SYSTEM_RIGHTS = ["postgres=arwdDxt/postgres", "=r/postgres"]
_PUBLIC_RIGHTS = ["postgres=UC/postgres", "=UC/postgres"]


def namespace_oid(work: View, schema: str) -> int:
    """Return the number of a schema."""
    return _NAMESPACES.get(schema) or work.oid_of(schema, "")


def pg_namespace(work: View) -> Rows:
    """Yield the schemas."""
    owner = work.role.oid if work.is_superuser else SYSTEM_OWNER
    for name in dict.fromkeys([*_NAMESPACES, *work.world.databases]):
        acl = _PUBLIC_RIGHTS if name == "public" else None
        yield {
            "oid": namespace_oid(work, name),
            "nspname": name,
            "nspowner": SYSTEM_OWNER if name in _NAMESPACES else owner,
            "nspacl": acl,
        }


def relations(work: View) -> Iterator[tuple[str, Table]]:
    """Yield the tables that people made, with their schemas."""
    for schema, database in work.world.databases.items():
        for table in database.tables.values():
            yield schema, table


def sequences(table: Table) -> Iterator[tuple[str, TableColumn]]:
    """Yield the names of the sequences of a table, with their columns."""
    for column in table.columns:
        if column.automatic:
            yield f"{table.name}_{column.name}_seq", column


def owner_of(work: View, table: Table) -> str:
    """Return who owns a table."""
    return table.options.get("owner") or work.database.owner


def pg_class(work: View) -> Rows:
    """Yield tables, indexes, sequences and system tables."""
    for schema, table in relations(work):
        yield from _class_of_table(work, schema, table)
    for shape in shapes().values():
        yield {
            "oid": shape.oid,
            "relname": shape.name,
            "relnamespace": _NAMESPACES[shape.schema],
            "reltype": shape.row_type,
            "relowner": SYSTEM_OWNER,
            "relam": _HEAP if shape.kind == "r" else 0,
            "relkind": shape.kind,
            "relpersistence": "p",
            "relnatts": len(shape.columns),
            "relispopulated": True,
            "relreplident": "n",
            "relhasrules": shape.kind == "v",
            "relhasindex": shape.kind == "r",
            "relfilenode": shape.oid if shape.kind == "r" else 0,
            "relpages": 8 if shape.kind == "r" else 0,
            "relacl": _SYSTEM_RIGHTS,
        }


def pg_init_privs(_: View) -> Rows:
    """Yield the rights that system tables have from the beginning."""
    for shape in shapes().values():
        yield {"objoid": shape.oid, "classoid": 1259, "objsubid": 0, "privtype": "i", "initprivs": _SYSTEM_RIGHTS}
    yield {"objoid": 2200, "classoid": 2615, "objsubid": 0, "privtype": "i", "initprivs": _PUBLIC_RIGHTS}


def _class_of_table(work: View, schema: str, table: Table) -> Rows:
    """Yield the rows of a table and of what belongs to it."""
    oid = work.oid_of(schema, table.name)
    owner = work.cluster.roles[owner_of(work, table)].oid if owner_of(work, table) in work.cluster.roles else SYSTEM_OWNER
    common = {"relnamespace": namespace_oid(work, schema), "relowner": owner, "relpersistence": "p", "relispopulated": True,
              "relreplident": "d"}  # fmt: skip
    kind = "v" if table.kind == "view" else "r"
    rows = float(len(table.rows)) if table.is_made else 0.0
    yield {
        **common,
        "oid": oid,
        "relname": table.name,
        "reltype": work.oid_of(schema, f"{table.name} type"),
        "relam": _HEAP,
        "relfilenode": oid,
        "relkind": kind,
        "relnatts": len(table.columns),
        "relhasindex": bool(table.keys),
        "relpages": 1 + int(rows) // 80,
        "reltuples": rows,
        "relfrozenxid": 478,
        "relminmxid": 1,
    }
    for key in table.keys:
        number = work.oid_of(schema, key.name)
        yield {**common, "oid": number, "relname": key.name, "relam": _BTREE, "relfilenode": number, "relkind": "i",
               "relnatts": len(key.columns), "relpages": 2, "relreplident": "n"}  # fmt: skip
    for name, _ in sequences(table):
        number = work.oid_of(schema, name)
        yield {**common, "oid": number, "relname": name, "relfilenode": number, "relkind": "S", "relnatts": 3, "relpages": 1,
               "reltuples": 1.0, "relreplident": "n"}  # fmt: skip


def type_oid(type_: Type) -> int:
    """Return the number of a column's type."""
    if type_.name == "varchar" and not type_.length:
        return 25
    return oid_named(type_.name) or 25


def modifier(type_: Type) -> int:
    """Return a type's modifier as pg_attribute keeps it."""
    kind = BY_OID.get(type_oid(type_))
    if kind is None or not type_.length:
        return -1
    if kind.name in ("varchar", "bpchar"):
        return type_.length + 4
    return (type_.length << 16 | type_.scale) + 4 if kind.name == "numeric" else -1


def default_text(table: Table, column: TableColumn) -> str:
    """Return the default of a column as an expression; empty where it has none."""
    if column.automatic:
        return f"nextval('{table.name}_{column.name}_seq'::regclass)"
    if column.default is None and not column.default_text:
        return ""
    text = column.default_text or str(column.default)
    quoted = f"'{text}'::{column.type.name}" if column.type.family == "text" and not text.startswith("'") else text
    return "CURRENT_TIMESTAMP" if text.lower() in ("now()", "current_timestamp") else quoted


def pg_attribute(work: View) -> Rows:
    """Yield the columns of all tables."""
    for schema, table in relations(work):
        yield from _attributes_of(work, schema, table)
    yield from _system_attributes()


@cache
def _system_attributes() -> list[dict[str, Any]]:
    """Return the columns of system tables, which never change."""
    return [
        _attribute(shape.oid, number, name, oid_named(kind))
        for shape in shapes().values()
        for number, (name, kind) in enumerate(shape.columns, 1)
    ]


def _attributes_of(work: View, schema: str, table: Table) -> Rows:
    """Yield the columns of a table, of its keys and of its sequences."""
    oid = work.oid_of(schema, table.name)
    for number, column in enumerate(table.columns, 1):
        yield {
            **_attribute(oid, number, column.name, type_oid(column.type)),
            "atttypmod": modifier(column.type),
            "attnotnull": not column.nullable,
            "atthasdef": bool(default_text(table, column)),
        }
    for key in table.keys:
        places = [place for name in key.columns if (place := table.index_of(name)) is not None]
        for number, place in enumerate(places, 1):
            one = table.columns[place]
            yield _attribute(work.oid_of(schema, key.name), number, one.name, type_oid(one.type))
    for name, _ in sequences(table):
        for number, (title, kind) in enumerate((("last_value", 20), ("log_cnt", 20), ("is_called", 16)), 1):
            yield _attribute(work.oid_of(schema, name), number, title, kind)


def _attribute(relation: int, number: int, name: str, oid: int) -> dict[str, Any]:
    """Return one row of pg_attribute."""
    kind = BY_OID.get(oid) or BY_ARRAY.get(oid)
    size = -1 if kind is None or oid in BY_ARRAY else kind.size
    collation = (
        100
        if kind is not None and kind.family == "text" and kind.category == "S" and kind.name != "name"
        else 950
        if oid == 19
        else 0
    )
    return {"attrelid": relation, "attname": name, "atttypid": oid, "attstattarget": -1, "attlen": size, "attnum": number,
            "attcacheoff": -1, "atttypmod": -1, "attbyval": size in (1, 2, 4, 8), "attstorage": "x" if size < 0 else "p",
            "attalign": "i", "attislocal": True, "attcollation": collation}  # fmt: skip


def pg_attrdef(work: View) -> Rows:
    """Yield the defaults of columns."""
    for schema, table in relations(work):
        oid = work.oid_of(schema, table.name)
        for number, column in enumerate(table.columns, 1):
            text = default_text(table, column)
            if text:
                yield {
                    "oid": work.oid_of(schema, f"{table.name} default {number}"),
                    "adrelid": oid,
                    "adnum": number,
                    "adbin": text,
                }


def keys(work: View) -> Iterator[tuple[str, Table, Key]]:
    """Yield the keys of all tables."""
    for schema, table in relations(work):
        for key in table.keys:
            yield schema, table, key


def pg_index(work: View) -> Rows:
    """Yield the indexes."""
    for schema, table, key in keys(work):
        places = [(table.index_of(name) or 0) + 1 for name in key.columns]
        yield {
            "indexrelid": work.oid_of(schema, key.name),
            "indrelid": work.oid_of(schema, table.name),
            "indnatts": len(places),
            "indnkeyatts": len(places),
            "indisunique": key.kind != "MUL",
            "indisprimary": key.kind == "PRI",
            "indimmediate": True,
            "indisvalid": True,
            "indisready": True,
            "indislive": True,
            "indkey": places,
            "indclass": [1978] * len(places),
            "indcollation": [0] * len(places),
            "indoption": [0] * len(places),
        }


def pg_constraint(work: View) -> Rows:
    """Yield primary keys and unique constraints."""
    for schema, table, key in keys(work):
        if key.kind == "MUL":
            continue
        yield {
            "oid": work.oid_of(schema, f"{key.name} constraint"),
            "conname": key.name,
            "connamespace": namespace_oid(work, schema),
            "contype": "p" if key.kind == "PRI" else "u",
            "convalidated": True,
            "conrelid": work.oid_of(schema, table.name),
            "conindid": work.oid_of(schema, key.name),
            "conislocal": True,
            "connoinherit": True,
            "confupdtype": " ",
            "confdeltype": " ",
            "confmatchtype": " ",
            "conkey": [(table.index_of(name) or 0) + 1 for name in key.columns],
        }


def pg_tables(work: View) -> Rows:
    """Yield the tables for people."""
    for schema, table in relations(work):
        if table.kind == "table":
            yield {
                "schemaname": schema,
                "tablename": table.name,
                "tableowner": owner_of(work, table),
                "hasindexes": bool(table.keys),
                "hasrules": False,
                "hastriggers": False,
                "rowsecurity": False,
            }
    for shape in shapes().values():
        if shape.kind == "r":
            yield {
                "schemaname": shape.schema,
                "tablename": shape.name,
                "tableowner": "postgres",
                "hasindexes": True,
                "hasrules": False,
                "hastriggers": False,
                "rowsecurity": False,
            }


def pg_views(work: View) -> Rows:
    """Yield the views."""
    for schema, table in relations(work):
        if table.kind == "view":
            yield {"schemaname": schema, "viewname": table.name, "viewowner": owner_of(work, table), "definition": ""}
    for shape in shapes().values():
        if shape.kind == "v":
            yield {"schemaname": shape.schema, "viewname": shape.name, "viewowner": "postgres", "definition": ""}


def pg_indexes(work: View) -> Rows:
    """Yield the indexes for people."""
    for schema, table, key in keys(work):
        yield {"schemaname": schema, "tablename": table.name, "indexname": key.name, "tablespace": None,
               "indexdef": index_definition(schema, table.name, key)}  # fmt: skip


def pg_sequence(work: View) -> Rows:
    """Yield the sequences."""
    for schema, table in relations(work):
        for name, _ in sequences(table):
            yield {
                "seqrelid": work.oid_of(schema, name),
                "seqtypid": 23,
                "seqstart": 1,
                "seqincrement": 1,
                "seqmax": 2_147_483_647,
                "seqmin": 1,
                "seqcache": 1,
                "seqcycle": False,
            }


def pg_sequences(work: View) -> Rows:
    """Yield the sequences for people."""
    for schema, table in relations(work):
        for name, _ in sequences(table):
            yield {
                "schemaname": schema,
                "sequencename": name,
                "sequenceowner": owner_of(work, table),
                "data_type": "integer",
                "start_value": 1,
                "min_value": 1,
                "max_value": 2_147_483_647,
                "increment_by": 1,
                "cycle": False,
                "cache_size": 1,
                "last_value": max(table.next_automatic() - 1, 1),
            }


def pg_stat_user_tables(work: View) -> Rows:
    """Yield what is counted of tables."""
    for schema, table in relations(work):
        count = len(table.rows)
        yield {
            "relid": work.oid_of(schema, table.name),
            "schemaname": schema,
            "relname": table.name,
            "seq_scan": 12,
            "seq_tup_read": 12 * count,
            "idx_scan": count,
            "idx_tup_fetch": count,
            "n_tup_ins": count,
            "n_tup_upd": 0,
            "n_tup_del": 0,
            "n_tup_hot_upd": 0,
            "n_live_tup": count,
            "n_dead_tup": 0,
            "n_mod_since_analyze": 0,
            "vacuum_count": 0,
            "autovacuum_count": 1,
            "analyze_count": 0,
            "autoanalyze_count": 1,
        }


PROVIDERS = {
    "pg_namespace": pg_namespace,
    "pg_init_privs": pg_init_privs,
    "pg_class": pg_class,
    "pg_attribute": pg_attribute,
    "pg_attrdef": pg_attrdef,
    "pg_index": pg_index,
    "pg_constraint": pg_constraint,
    "pg_tables": pg_tables,
    "pg_views": pg_views,
    "pg_indexes": pg_indexes,
    "pg_sequence": pg_sequence,
    "pg_sequences": pg_sequences,
    "pg_stat_user_tables": pg_stat_user_tables,
    "pg_stat_all_tables": pg_stat_user_tables,
}
