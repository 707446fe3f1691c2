# SPDX-License-Identifier: MIT
"""
What one attacker sees of the server: its databases, roles, large objects and files, and the connections to it.

A cluster is made as nobody has touched it and keeps what its attacker changes, within bounds.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from decnet.domain.persona import Decoy
from decnet.lures.postgresql.account import SUPERUSER, accounts
from decnet.lures.postgresql.options import PostgresqlOptions
from decnet.lures.postgresql.release import Release
from decnet.lures.postgresql.report import Report
from decnet.lures.shell.filesystem import Filesystem, User
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.text.postgresql import GID, UID
from decnet.lures.sql.dialect import Dialect
from decnet.lures.sql.planted import Dataset
from decnet.lures.sql.world import Database, Table, World
from decnet.lures.worlds import Room

if TYPE_CHECKING:
    from decnet.lures.postgresql.state import Backend

FIRST_OID = 16_384
MAX_ROLES = 200
MAX_DATABASES = 8
MAX_ROUTINES = 200
MAX_LARGE_OBJECTS = 200
MAX_LARGE_BYTES = 8 << 20
_BUILT_IN = (
    ("pg_monitor", 3373), ("pg_read_all_settings", 3374), ("pg_read_all_stats", 3375), ("pg_stat_scan_tables", 3377),
    ("pg_signal_backend", 4200), ("pg_read_server_files", 4569), ("pg_write_server_files", 4570),
    ("pg_execute_server_program", 4571),
)  # fmt: skip
_TEMPLATES = (("template1", 1), ("template0", 13_444), ("postgres", 13_445))


@dataclass
class Role:
    """One role; ``password`` is what pg_authid keeps of it."""

    name: str
    oid: int
    is_superuser: bool = False
    logs_in: bool = True
    creates_roles: bool = False
    creates_databases: bool = False
    replicates: bool = False
    bypasses: bool = False
    inherits: bool = True
    limit: int = -1
    password: str | None = None
    valid_until: str | None = None
    member_of: tuple[str, ...] = ()


@dataclass
class DatabaseEntry:
    """One database: its number, who owns it, and what is in it."""

    name: str
    oid: int
    owner: str
    world: World
    extensions: dict[str, str] = field(default_factory=lambda: {"plpgsql": "1.0"})
    is_template: bool = False
    allows: bool = True


@dataclass(frozen=True)
class Routine:
    """A function that somebody made; ``body`` is what stands between its dollars, for C the file and the symbol."""

    name: str
    oid: int
    arguments: str
    returns: str
    language: str
    body: tuple[str, ...]
    owner: str
    database: str
    is_procedure: bool = False


@dataclass
class LargeObject:
    """A large object."""

    oid: int
    owner: str
    data: bytearray = field(default_factory=bytearray)


class Cluster:
    """One attacker's server."""

    def __init__(
        self,
        decoy: Decoy,
        *,
        options: PostgresqlOptions,
        release: Release,
        machine: Machine,
        filesystem: Callable[[], Filesystem],
        dataset: Dataset,
        dialect: Dialect,
    ) -> None:
        self.persona = decoy.persona
        self.release = release
        self.machine = machine
        self._root = filesystem
        self._view: Filesystem | None = None
        self.application = dataset.account
        self.roles = _roles(decoy, options, self.application)
        self.passwords = dict(accounts(decoy, options))
        self.databases = self._databases(dataset, dialect)
        self.routines: dict[int, Routine] = {}
        self.large_objects: dict[int, LargeObject] = {}
        self._large_room = Room(MAX_LARGE_BYTES)
        self.backends: dict[int, Backend] = {}
        self.transactions = self.persona.between("postgresql transactions", 800, 90_000)
        self._oids: dict[tuple[str, str, str], int] = {}
        self._next_oid = FIRST_OID + 2
        self._next_pid = self.persona.between("postgresql pid", 1_200, 30_000)

    @property
    def files(self) -> Filesystem:
        """The files of the machine, with the rights of the server's account."""
        if self._view is None:
            self._view = self._root().bound(User(UID, GID, frozenset({GID})))
        return self._view

    @property
    def root_files(self) -> Filesystem:
        """The files of the machine, with all rights."""
        return self._root()

    @property
    def data_folder(self) -> str:
        """Where the server keeps its data."""
        return f"/var/lib/postgresql/{self.release.major}/main"

    @property
    def started_at(self) -> float:
        """When the server was started."""
        return self.machine.daemon("postgresql").started_at

    def next_pid(self) -> int:
        """Return the number of a new process."""
        self._next_pid += self.persona.between(f"postgresql step {self._next_pid}", 1, 9)
        return self._next_pid

    def next_oid(self) -> int:
        """Return a number for something new."""
        self._next_oid += 1
        return self._next_oid

    def oid_of(self, database: str, schema: str, name: str) -> int:
        """Return the number of a table, schema or index: the same as long as the cluster lives."""
        key = database, schema, name
        if key not in self._oids:
            if len(self._oids) > 20_000:
                self._oids.clear()
            self._oids[key] = self.next_oid()
        return self._oids[key]

    def role(self, name: str) -> Role:
        """Return a role; raises ``Report`` where there is none."""
        found = self.roles.get(name)
        if found is None:
            raise Report(f'role "{name}" does not exist', "42704", routine="get_role_oid")
        return found

    def add_role(self, role: Role) -> None:
        """Make a role; raises ``Report`` where there is no room."""
        if len(self.roles) >= MAX_ROLES:
            raise Report("out of memory", "53200")
        self.roles[role.name] = role

    def add_database(self, name: str, owner: str, template: str = "template1") -> None:
        """Make a database; raises ``Report``."""
        if name in self.databases:
            raise Report(f'database "{name}" already exists', "42P04", routine="createdb")
        if template not in self.databases:
            raise Report(f'template database "{template}" does not exist', "3D000", routine="createdb")
        if len(self.databases) >= MAX_DATABASES:
            detail = "No space left on device"
            raise Report(f'could not create directory "base/{self.next_oid()}": {detail}', "53100", routine="copydir")
        self.databases[name] = DatabaseEntry(name, self.next_oid(), owner, World([Database("public")]))

    def add_routine(self, routine: Routine) -> None:
        """Make a function, in the place of one of the same name and arguments; raises ``Report`` where there is no room."""
        same = [oid for oid, one in self.routines.items() if (one.name, one.arguments) == (routine.name, routine.arguments)]
        if len(self.routines) >= MAX_ROUTINES and not same:
            raise Report("out of memory", "53200")
        oid = same[0] if same else routine.oid
        self.routines[oid] = replace(routine, oid=oid)

    def add_large_object(self, oid: int, owner: str, data: bytes = b"") -> LargeObject:
        """Make a large object; raises ``Report``."""
        wanted = oid or self.next_oid()
        if wanted in self.large_objects:
            words = 'duplicate key value violates unique constraint "pg_largeobject_metadata_oid_index"'
            raise Report(words, "23505", detail=f"Key (oid)=({wanted}) already exists.", routine="_bt_check_unique")
        self.keep_large(len(data), count=1)
        self.large_objects[wanted] = LargeObject(wanted, owner, bytearray(data))
        return self.large_objects[wanted]

    def keep_large(self, size: int, count: int = 0) -> None:
        """Find room for bytes of large objects; raises ``Report`` where there is none."""
        self._large_room.recount(sum(len(one.data) for one in self.large_objects.values()))
        if len(self.large_objects) + count > MAX_LARGE_OBJECTS or not self._large_room.take(size):
            raise Report(
                'could not extend file "base/13445/2613": No space left on device', "53100", hint="Check free disk space."
            )

    def tables(self, database: str) -> list[tuple[str, Table]]:
        """Return the tables of a database, each with its schema."""
        world = self.databases[database].world
        return [(schema.name, table) for schema in world.databases.values() for table in schema.tables.values()]

    def _databases(self, dataset: Dataset, dialect: Dialect) -> dict[str, DatabaseEntry]:
        """Return the databases before anybody came."""
        found = {
            name: DatabaseEntry(name, oid, SUPERUSER, World([Database("public")]), is_template=name.startswith("template"))
            for name, oid in _TEMPLATES
        }
        found["template0"].allows = False
        owner = self.application if self.application in self.roles else SUPERUSER
        world = World([dataset.database(dialect, "public")])
        found[dataset.name] = DatabaseEntry(dataset.name, FIRST_OID + 1, owner, world)
        return found


def hashed(role: str, password: str) -> str:
    """Return what pg_authid keeps of a password, password_encryption being md5."""
    if password.startswith(("md5", "SCRAM-SHA-256$")) and len(password) >= 35:
        return password
    data = (password + role).encode("utf-8", "surrogateescape")
    return "md5" + hashlib.md5(data, usedforsecurity=False).hexdigest()


def _roles(decoy: Decoy, options: PostgresqlOptions, name: str) -> dict[str, Role]:
    """Return the roles before anybody came."""
    found = {SUPERUSER: _superuser(SUPERUSER, 10)}
    found |= {role: Role(role, oid, logs_in=False) for role, oid in _BUILT_IN}
    planted = accounts(decoy, options)
    for number, role in enumerate(dict.fromkeys([*planted, name])):
        made = _superuser(role, FIRST_OID) if role in options.superusers else Role(role, FIRST_OID)
        found.setdefault(role, replace(made, oid=FIRST_OID + 100 + number if role != name else FIRST_OID))
    for role, password in planted.items():
        found[role].password = hashed(role, password)
    found[SUPERUSER].is_superuser = SUPERUSER in options.superusers or SUPERUSER not in planted
    return found


def _superuser(name: str, oid: int) -> Role:
    """Return a role that may do everything."""
    return Role(
        name, oid, is_superuser=True, creates_roles=True, creates_databases=True, replicates=name == SUPERUSER,
        bypasses=name == SUPERUSER,
    )  # fmt: skip
