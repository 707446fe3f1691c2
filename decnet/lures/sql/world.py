# SPDX-License-Identifier: MIT
"""
The databases that one attacker sees: planted tables and his own, bounded in bytes and in number.

A planted table is made when somebody looks at it, and shared; the first change of it in a world makes that world's own copy
of its list of rows.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain

from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Row, Type, Value, row_size
from decnet.lures.worlds import Room

MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 20_000
MAX_TABLES = 200
MAX_DATABASES = 50
MAX_COLUMNS = 200


@dataclass(slots=True)
class TableColumn:
    """
    A column of a table.

    ``default`` is the value, or a function of no arguments for what differs each time (``default_text`` then says which);
    ``key`` is ``PRI``, ``UNI``, ``MUL`` or empty; ``automatic`` counts up by itself.
    """

    name: str
    type: Type
    nullable: bool = True
    default: Value | Callable[[], Value] = None
    default_text: str = ""
    automatic: bool = False
    key: str = ""
    comment: str = ""


@dataclass(slots=True)
class Key:
    """An index; ``kind`` is ``PRI``, ``UNI`` or ``MUL``."""

    name: str
    columns: tuple[str, ...]
    kind: str


@dataclass
class Table:
    """One table; ``rows`` are made when they are first asked for. ``kind`` is table, view or system."""

    name: str
    columns: list[TableColumn]
    make: Callable[[], list[Row]] | None = None
    keys: list[Key] = field(default_factory=list)
    kind: str = "table"
    comment: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    options: dict[str, str] = field(default_factory=dict)
    next_id: int = 0
    is_shared: bool = False
    _rows: list[Row] | None = None
    _unique: dict[tuple[int, ...], set[object]] | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows; who wants to change them calls ``writable``. Those of a shared table are kept by who makes them."""
        if self.is_shared and self.make is not None:
            return self.make()
        if self._rows is None:
            self._rows = self.make() if self.make else []
        return self._rows

    @rows.setter
    def rows(self, rows: list[Row]) -> None:
        self._rows = rows
        self._unique = None
        self.updated_at = time.time()

    @property
    def is_made(self) -> bool:
        """Whether the rows are there already."""
        return self._rows is not None or self.make is None

    def index_of(self, name: str) -> int | None:
        """Return the place of a column; names differ in case alone are one."""
        lowered = name.lower()
        return next((place for place, column in enumerate(self.columns) if column.name.lower() == lowered), None)

    def own_copy(self) -> "Table":
        """Return a table that may be changed without changing this one."""
        return Table(
            self.name, list(self.columns), None, list(self.keys), self.kind, self.comment, self.created_at, self.updated_at,
            dict(self.options), self.next_automatic(), is_shared=False, _rows=list(self.rows),
        )  # fmt: skip

    def next_automatic(self) -> int:
        """Return the next number of the column that counts up by itself; 0 where there is none."""
        place = next((place for place, column in enumerate(self.columns) if column.automatic), None)
        if place is None:
            return 0
        if not self.next_id or self.is_shared:
            numbers = [row[place] for row in self.rows if isinstance(row[place], int)]
            self.next_id = max(numbers, default=0) + 1
        return self.next_id

    def unique_sets(self, key: Callable[[Value], object]) -> dict[tuple[int, ...], set[object]]:
        """Return for each unique key (the places of its columns) what is taken; kept while rows are only added."""
        if self._unique is None:
            places = [tuple(place for name in one.columns if (place := self.index_of(name)) is not None)
                      for one in self.keys if one.kind in ("PRI", "UNI")]  # fmt: skip
            self._unique = {
                each: {tuple(key(row[place]) for place in each) for row in self.rows if None not in [row[p] for p in each]}
                for each in places
            }
        return self._unique

    def size(self) -> int:
        """Return about how many bytes the rows take; planted ones, which are made when somebody looks, count nothing."""
        return 0 if self._rows is None else sum(map(row_size, self._rows))


@dataclass
class Database:
    """A database, or a schema where the dialect calls it so."""

    name: str
    tables: dict[str, Table] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


class World:
    """All databases that one attacker sees, and the account of what he added."""

    def __init__(self, databases: Iterable[Database]) -> None:
        self.databases = {database.name: database for database in databases}
        self.row_count = 0
        self.held: list[list[Table]] = []
        """What open transactions keep of tables that may have been changed since."""
        self._room = Room(MAX_BYTES)
        self.connections = 0

    def database(self, name: str) -> Database | None:
        """Return a database."""
        return self.databases.get(name)

    def table(self, database: str, name: str) -> Table | None:
        """Return a table."""
        found = self.databases.get(database)
        return found.tables.get(name) if found else None

    def writable(self, database: str, name: str) -> Table | None:
        """Return a table of this world's own, so that it may be changed."""
        table = self.table(database, name)
        if table is None or not table.is_shared:
            return table
        copy = table.own_copy()
        self.databases[database].tables[name] = copy
        return copy

    def charge(self, size: int, rows: int = 0) -> None:
        """Add to the account before something is kept; raises ``SqlError`` when there is no room."""
        if self.row_count + rows > MAX_ROWS or not self._room.take(size):
            self._recount()
            if self.row_count + rows > MAX_ROWS or not self._room.take(size):
                raise SqlError(Kind.NO_MEMORY, size)
        self.row_count += rows

    def add_table(self, database: str, table: Table) -> None:
        """Put a table into a database that is there; raises ``SqlError`` when there is no room."""
        tables = sum(len(one.tables) for one in self.databases.values())
        if tables >= MAX_TABLES or len(table.columns) > MAX_COLUMNS:
            raise SqlError(Kind.TOO_LARGE, "tables")
        self.charge(512 + 128 * len(table.columns))
        self.databases[database].tables[table.name] = table

    def add_database(self, name: str, options: dict[str, str] | None = None) -> None:
        """Make an empty database; raises ``SqlError`` when there is no room."""
        if len(self.databases) >= MAX_DATABASES:
            raise SqlError(Kind.TOO_LARGE, "databases")
        self.charge(512)
        self.databases[name] = Database(name, options=options or {})

    def _recount(self) -> None:
        """Count anew what is kept: much may have been removed."""
        kept = [*(table for one in self.databases.values() for table in one.tables.values()), *chain(*self.held)]
        own = [table for table in {id(table): table for table in kept}.values() if not table.is_shared or table.size()]
        self._room.recount(sum(512 + 128 * len(table.columns) + table.size() for table in own))
        self.row_count = sum(len(table.rows) for table in own if table.kind != "system")
