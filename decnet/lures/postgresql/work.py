# SPDX-License-Identifier: MIT
"""What statements of one connection may ask for and do: the object that functions, system tables and the dialect get."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from decnet.lures.postgresql.catalog.relations import relations, sequences
from decnet.lures.postgresql.catalog.shape import shapes
from decnet.lures.postgresql.cluster import Cluster, DatabaseEntry, LargeObject, Role, Routine
from decnet.lures.postgresql.functions.registry import TYPES
from decnet.lures.postgresql.functions.text import quoted_name
from decnet.lures.postgresql.kind import BY_ARRAY, BY_OID, Named, oid_named, title_of
from decnet.lures.postgresql.recorder import Recorder
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.postgresql.state import FAILED, IDLE, IN_TRANSACTION, Backend
from decnet.lures.sql import node
from decnet.lures.sql.context import Column, Done
from decnet.lures.sql.dialect import Called
from decnet.lures.sql.value import Row, Type, Value
from decnet.lures.sql.world import Key, Table, TableColumn, World


class ProgramFirst(Exception):  # noqa: N818 - a request, no error
    """A function wants a program's output, which takes time: run it, keep what it wrote, and evaluate anew."""

    def __init__(self, command: str) -> None:
        super().__init__(command)
        self.command = command


_BASE_SIZE = 7_992_879


class Work:
    """One connection's place in its cluster."""

    def __init__(
        self,
        cluster: Cluster,
        backend: Backend,
        *,
        recorder: Recorder,
        local_address: str,
        terminate: Callable[[int], None],
        notify: Callable[[int, str, str], None],
    ) -> None:
        self.cluster = cluster
        self.backend = backend
        self.recorder = recorder
        self.local_address = local_address
        self.terminate = terminate
        self._notify = notify
        self._touched: dict[int, LargeObject] = {}
        self._before: dict[str, dict[str, Table]] | None = None
        self._held: list[Table] = []
        self.source = ""
        self.written: dict[str, bytes] = {}

    # --- who and where

    @property
    def database(self) -> DatabaseEntry:
        """The database of the connection."""
        return self.cluster.databases[self.backend.database]

    @property
    def world(self) -> World:
        """The schemas of the database."""
        return self.database.world

    @property
    def role(self) -> Role:
        """The role whose rights count."""
        return self.cluster.role(self.backend.user)

    @property
    def is_superuser(self) -> bool:
        """Whether the role may do everything."""
        found = self.cluster.roles.get(self.backend.user)
        return found is not None and found.is_superuser

    @property
    def owns_database(self) -> bool:
        """Whether the database is the role's own."""
        return self.database.owner == self.backend.user

    def demand_superuser(self, function: str) -> None:
        """Refuse who is no superuser."""
        if not self.is_superuser:
            raise Report(f"permission denied for function {function}", "42501", routine="aclcheck_error")

    def search_path(self) -> list[str]:
        """Return the schemas that are searched, in their order."""
        names = [name.strip().strip('"') for name in self.backend.settings.value("search_path").split(",")]
        return [self.backend.user if name == "$user" else name for name in names if name and name != "pg_catalog"]

    def may(self, what: str, parts: tuple[str, ...]) -> None:
        """Refuse what a role that is no superuser may not do."""
        if parts[0] in ("pg_catalog", "information_schema") and what not in ("select", "create database"):
            self._refuse_system(parts[-1])
        if self.is_superuser or self.owns_database or parts[0] == "":
            return
        table = self.world.table(parts[0], parts[-1]) if len(parts) > 1 else None
        if table is not None and table.options.get("owner") == self.backend.user:
            return
        if what in ("drop", "alter", "truncate"):
            raise Report(f"must be owner of table {parts[-1]}", "42501", routine="aclcheck_error")
        if table is not None:
            raise Report(f"permission denied for table {parts[-1]}", "42501", routine="aclcheck_error")
        if what == "create database":
            raise Report(f"permission denied for database {self.backend.database}", "42501", routine="aclcheck_error")

    def _refuse_system(self, name: str) -> None:
        """Refuse a change of what belongs to the server."""
        words = (
            f'permission denied: "{name}" is a system catalog' if self.is_superuser else f"permission denied for table {name}"
        )
        raise Report(words, "42501", routine="RangeVarCallbackForDropRelation")

    # --- numbers of objects

    def oid_of(self, schema: str, name: str) -> int:
        """Return the number of something in the database."""
        return self.cluster.oid_of(self.backend.database, schema, name)

    def table_by_oid(self, oid: int) -> Table | None:
        """Return a table by its number."""
        return next((table for schema, table in relations(self) if self.oid_of(schema, table.name) == oid), None)

    def key_by_oid(self, oid: Any) -> tuple[tuple[str, Table], Key] | None:
        """Return a key, with its schema and table, by the number of its index or of its constraint."""
        for schema, table in relations(self):
            for key in table.keys:
                if oid in (self.oid_of(schema, key.name), self.oid_of(schema, f"{key.name} constraint")):
                    return (schema, table), key
        return None

    def relation_oid(self, relation: Value) -> int:
        """Return the number of a table that is given by its number or its name; raises ``Report``."""
        return int(self.registered(relation, "regclass")) if relation is not None else 0

    def is_visible(self, oid: Any) -> bool:
        """Whether something is found without its schema: all of public and pg_catalog are."""
        standard = any(shape.oid == oid and shape.schema == "information_schema" for shape in shapes().values())
        if standard:
            return False
        path = self.search_path()
        return not any(self.oid_of(schema, table.name) == oid for schema, table in relations(self) if schema not in path)

    def registered(self, value: Any, kind: str) -> Named:
        """Return an object by its name or number (regclass and its kin); raises ``Report`` where there is none."""
        if isinstance(value, Named) and kind.startswith("regproc"):
            return value
        if isinstance(value, int) or text_of(value).isdigit():
            oid = int(value) if isinstance(value, int) else int(text_of(value))
            return Named.of(oid, self._name_of(oid, kind) or ("-" if oid == 0 else str(oid)))
        name = text_of(value)
        if name == "-":
            return Named.of(0, "-")
        bare = name.replace('"', "") if '"' in name else name.lower()
        found = self._objects(kind).get(bare.removeprefix("pg_catalog.").removeprefix("public.") if kind != "regtype" else bare)
        if kind == "regtype":
            oid = oid_named(bare)
            found = (oid, title_of(oid)) if oid else None
        if found is None:
            raise _unknown(kind, name)
        return Named.of(*found)

    def _name_of(self, oid: int, kind: str) -> str:
        """Return the name of an object by its number; empty where there is none."""
        if kind == "regtype":
            return title_of(oid) if oid in BY_OID or oid in BY_ARRAY else ""
        return next((name for number, name in self._objects(kind).values() if number == oid), "")

    def _objects(self, kind: str) -> dict[str, tuple[int, str]]:
        """Return objects of a kind by name."""
        if kind == "regrole":
            return {role.name: (role.oid, quoted_name(role.name)) for role in self.cluster.roles.values()}
        if kind == "regnamespace":
            return {
                "public": (2200, "public"),
                "pg_catalog": (11, "pg_catalog"),
                "information_schema": (13_150, "information_schema"),
            }
        if kind in ("regproc", "regprocedure"):
            found = {name: (5_000 + number, name) for number, (name, _) in enumerate(self.function_types())}
            return found | {one.name: (one.oid, one.name) for one in self.cluster.routines.values()}
        found = {shape.name: (shape.oid, shape.name) for shape in shapes().values() if shape.schema == "pg_catalog"}
        found |= {
            f"{s.schema}.{s.name}": (s.oid, f"{s.schema}.{s.name}") for s in shapes().values() if s.schema != "pg_catalog"
        }
        for schema, table in relations(self):
            names = [table.name, *(key.name for key in table.keys), *(name for name, _ in sequences(table))]
            prefix = "" if schema == "public" else f"{schema}."
            found |= {prefix + name: (self.oid_of(schema, name), prefix + quoted_name(name)) for name in names}
        return found

    # --- functions

    def function_types(self) -> Iterable[tuple[str, Type | int]]:
        """Return the functions of the server with the types of what they return, by name."""
        return sorted(TYPES.items())

    def routine(self, name: str) -> Called | None:
        """Return a function that somebody made; what is in it is never run, but for those of known attacks."""
        found = next((one for one in self.cluster.routines.values() if one.name == name), None)
        if found is None:
            return None
        return lambda _, *values: self._call_routine(found, values)

    def _call_routine(self, routine: Routine, values: tuple[Value, ...]) -> Value:
        """Take a function of C for one that runs commands (sys_eval, sys_exec); the others return nothing."""
        texts = [text_of(value) for value in values if value is not None]
        if routine.language != "c" or not texts:
            return None
        if texts[0] not in self.written:
            raise ProgramFirst(texts[0])
        output = self.written[texts[0]]
        return 0 if "int" in routine.returns else output.decode("utf-8", "surrogateescape")

    def next_value(self, name: str) -> int:
        """Return the next number of a sequence; raises ``Report``."""
        bare = name.replace('"', "").rsplit(".", 1)[-1]
        for schema, table in relations(self):
            for title, _ in sequences(table):
                if title == bare:
                    own = self.world.writable(schema, table.name) or table
                    number = own.next_automatic()
                    own.next_id = number + 1
                    return number
        raise Report(f'relation "{bare}" does not exist', "42P01", routine="RangeVarGetRelidExtended")

    def database_size(self, name: Any) -> int:
        """Return the size of a database by its name or number; raises ``Report``."""
        for entry in self.cluster.databases.values():
            if name in (entry.name, entry.oid):
                rows = sum(len(table.rows) for _, table in self.cluster.tables(entry.name))
                return _BASE_SIZE + rows * 128 // 8192 * 8192
        raise Report(f'database "{name}" does not exist', "3D000", routine="get_database_oid")

    def notify(self, channel: str, payload: str) -> None:
        """Tell every connection of the database that listens."""
        self._notify(self.backend.pid, channel, payload)

    # --- large objects

    def touch_large(self, found: LargeObject) -> None:
        """Note that a large object changed; it is kept as a file when the transaction ends."""
        self._touched[found.oid] = found

    def finish_large(self, found: LargeObject) -> None:
        """Keep what a large object holds now, if it changed."""
        if self._touched.pop(found.oid, None) is not None and found.data:
            self.recorder.file(f"large object {found.oid}", bytes(found.data))

    def finish_all_large(self) -> None:
        """Keep every large object that changed."""
        for found in list(self._touched.values()):
            self.finish_large(found)

    # --- transactions

    def transaction_id(self) -> int:
        """Return the number of the transaction."""
        if not self.backend.transaction_id:
            self.cluster.transactions += 1
            self.backend.transaction_id = self.cluster.transactions
        return self.backend.transaction_id

    def begin(self) -> None:
        """Begin a transaction: tables that others change from now on are copied first, so that they can come back."""
        self.backend.transaction = IN_TRANSACTION
        self.backend.transaction_at = time.time()
        self.backend.settings_before = self.backend.settings.snapshot()
        self._before = {name: dict(schema.tables) for name, schema in self.world.databases.items()}
        tables = [table for schema in self.world.databases.values() for table in schema.tables.values()]
        self._held = [table for table in tables if table.size()]
        self.world.held.append(self._held)
        for table in tables:
            if table.kind == "table" and not table.is_shared:
                table.is_shared = True
                table.options["own"] = "yes"

    def end(self, *, keeps: bool) -> None:
        """End a transaction."""
        if self._before is not None and not keeps:
            self._lead_back(self._before)
        for schema in self.world.databases.values():
            for table in schema.tables.values():
                if table.options.pop("own", None):
                    table.is_shared = False
        self._before = None
        self.world.held = [held for held in self.world.held if held is not self._held]
        if self.backend.settings_before is not None and not keeps:
            self.backend.settings.restore(self.backend.settings_before)
        self._forget_transaction()

    def leave(self) -> None:
        """Undo the transaction that a client leaves open, and keep what it wrote of large objects."""
        if self._before is not None:
            self.end(keeps=False)
        self.finish_all_large()

    def _lead_back(self, before: dict[str, dict[str, Table]]) -> None:
        """Let every schema have the tables that it had."""
        for name in [name for name in self.world.databases if name not in before]:
            del self.world.databases[name]
        for name, tables in before.items():
            if name in self.world.databases:
                self.world.databases[name].tables = tables

    def _forget_transaction(self) -> None:
        """Forget what ends with a transaction."""
        backend = self.backend
        backend.transaction, backend.transaction_at, backend.transaction_id = IDLE, 0.0, 0
        backend.settings_before = None
        backend.portals.clear()
        backend.cursors = {name: one for name, one in backend.cursors.items() if one.holds}
        backend.descriptors.clear()
        self.finish_all_large()

    def change_transaction(self, what: str) -> Done:
        """Begin or end a transaction as a statement says."""
        backend = self.backend
        if what == "begin":
            if backend.transaction != IDLE and not backend.is_implicit:
                self.warn("there is already a transaction in progress", "25001", "BeginTransactionBlock")
            elif backend.transaction == IDLE:
                self.begin()
            backend.is_implicit = False
            return Done("BEGIN")
        if what in ("commit", "rollback"):
            return self._end_by(what)
        if backend.transaction == IDLE or backend.is_implicit:
            name = {"savepoint": "SAVEPOINT", "release": "RELEASE SAVEPOINT"}.get(what, what.upper())
            raise Report(f"{name} can only be used in transaction blocks", "25P01", routine="RequireTransactionBlock")
        return Done({"savepoint": "SAVEPOINT", "release": "RELEASE"}.get(what, what.upper()))

    def _end_by(self, what: str) -> Done:
        """End a transaction as COMMIT or ROLLBACK says; one that failed is always rolled back."""
        words = self.source.lower()
        if what == "rollback" and " to " in f" {words} " and self.backend.transaction != IDLE:
            self.backend.transaction = IN_TRANSACTION
            return Done("ROLLBACK")
        if self.backend.transaction == IDLE:
            self.warn("there is no transaction in progress", "25P01", "EndTransactionBlock")
            return Done(what.upper())
        failed = self.backend.transaction == FAILED
        self.backend.is_implicit = False
        self.end(keeps=what == "commit" and not failed)
        return Done("ROLLBACK" if failed else what.upper())

    def warn(self, words: str, code: str, routine: str) -> None:
        """Add a warning to what the client is told."""
        self.backend.notices.append(Report(words, code, severity="WARNING", routine=routine))

    def notice(self, words: str, code: str = "00000", routine: str = "") -> None:
        """Add a notice to what the client is told."""
        self.backend.notices.append(Report(words, code, severity="NOTICE", routine=routine))

    # --- what statements of the core leave to the server

    def drop(self, statement: node.Drop) -> Done:
        """Drop an index or a type; raises ``Report`` where there is none."""
        for name in statement.names:
            bare = name.parts[-1]
            found = next(
                ((schema, table, key) for schema, table in relations(self) for key in table.keys if key.name == bare), None
            )
            if found is not None and statement.what == "index":
                own = self.world.writable(found[0], found[1].name) or found[1]
                own.keys = [key for key in own.keys if key.name != bare]
            elif statement.if_exists:
                self.notice(f'{statement.what} "{bare}" does not exist, skipping', routine="DropErrorMsgNonExistent")
            else:
                raise Report(f'{statement.what} "{bare}" does not exist', "42704", routine="DropErrorMsgNonExistent")
        return Done(f"DROP {statement.what.upper()}")

    def explain(self, statement: node.Explain) -> list[str]:
        """Return a plan that would suit: what is read is read from one end to the other."""
        query = statement.statement
        source = getattr(getattr(query, "first", None), "source", None)
        name = source.parts[-1] if isinstance(source, node.TableName) else ""
        if not name:
            return ["Result  (cost=0.00..0.01 rows=1 width=4)"]
        found = self.world.table("public", name)
        rows = len(found.rows) if found else 200
        return [f"Seq Scan on {name}  (cost=0.00..{1 + rows / 80:.2f} rows={rows} width=72)"]

    def select_into(self, into: tuple[str, Any], columns: list[Column], rows: list[Row]) -> None:
        """Make a table of a result; raises ``Report``."""
        what, parts = into
        if what != "table":
            raise Report('syntax error at or near "INTO"', "42601", routine="scanner_yyerror")
        if self.world.table("public", parts[-1]) is not None:
            raise Report(f'relation "{parts[-1]}" already exists', "42P07", routine="heap_create_with_catalog")
        made = [TableColumn(one.title, one.type) for one in columns]
        table = Table(parts[-1], made, lambda: list(rows), options={"owner": self.backend.user})
        self.world.charge(64 * len(rows) + 512, len(rows))
        self.world.add_table("public", table)


def _unknown(kind: str, name: str) -> Report:
    """Return the refusal of an object that there is not."""
    words = {
        "regclass": ("relation", "42P01"),
        "regtype": ("type", "42704"),
        "regrole": ("role", "42704"),
        "regnamespace": ("schema", "3F000"),
    }
    what, code = words.get(kind, ("function", "42883"))
    return Report(f'{what} "{name}" does not exist', code, routine="RangeVarGetRelidExtended")
