# SPDX-License-Identifier: MIT
"""
The database that an application of a decoy left behind: its theme, its tables, some hundreds of rows.

Everything follows from the decoy, so that each of its lures holds the same data. Rows come to be at moments that follow from
the decoy, too, from its installation until now: they are there once their moment has passed. Nobody in them is real: people
are put together from lists of names, domains are the decoy's own or end in ``.example`` (RFC 2606).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from decnet.domain.persona import Decoy, Persona
from decnet.lures.shell.facts import DAY, Facts
from decnet.lures.sql.dialect import Dialect
from decnet.lures.sql.value import Row, Value
from decnet.lures.sql.world import Database, Key, Table, TableColumn

Item = TypeVar("Item")
_KEPT_ROWS = 6_000
_MOST_MOMENTS = 1_200
_HEX = "0123456789abcdef"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FIRST = ("Anna", "Lukas", "Marie", "Jonas", "Sofia", "Peter", "Julia", "Martin", "Laura", "Stefan", "Eva", "Thomas", "Nina",
          "Daniel", "Katrin", "Markus", "Elena", "Paul", "Inge", "Robert", "Clara", "Viktor", "Helen", "Oskar", "Ruth", "Emil",
          "Alice", "David", "Irene", "Simon")  # fmt: skip
_LAST = ("Weber", "Novak", "Lindner", "Hartmann", "Brandt", "Keller", "Moreau", "Rossi", "Vogel", "Jensen", "Horvat", "Berger",
         "Sommer", "Dubois", "Nilsson", "Fischer", "Kovacs", "Baumann", "Santos", "Meyer", "Winter", "Larsen", "Peters",
         "Marino", "Schuster", "Olsen", "Franke", "Ritter", "Walsh", "Engel")  # fmt: skip
_TRADES = ("bau", "tech", "service", "store", "media", "logistik", "consult", "systems", "design", "trade", "works", "labs")
_STREETS = ("Main Street", "Mill Lane", "Station Road", "Park Avenue", "Harbour Street", "Church Road", "Garden Way",
            "Hill Street",
            "River Road", "Market Square")  # fmt: skip
_CITIES = (("Linden", "30449"), ("Neustadt", "67433"), ("Altdorf", "90518"), ("Waldheim", "04736"), ("Seefeld", "82229"),
           ("Bergen", "29303"), ("Kirchberg", "08107"), ("Hafenstadt", "17493"), ("Steinbach", "61449"), ("Grünau",
           "12526"))  # fmt: skip


class Draw:
    """Numbers and texts that belong to a decoy and a purpose, one after another, always the same."""

    def __init__(self, persona: Persona, purpose: str) -> None:
        self._persona = persona
        self._purpose = purpose
        self._bytes = b""
        self._position = 0
        self._block = 0

    def integer(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included; at most 2 ** 32 apart."""
        if self._position + 8 > len(self._bytes):
            self._bytes = self._persona.derive(f"sql {self._purpose} {self._block}", 8192)
            self._position = 0
            self._block += 1
        value = int.from_bytes(self._bytes[self._position : self._position + 8])
        self._position += 8
        return low + value % (high - low + 1)

    def one(self, choices: tuple[Item, ...]) -> Item:
        """Return one of several."""
        return choices[self.integer(0, len(choices) - 1)]

    def text(self, length: int, letters: str = _LETTERS) -> str:
        """Return letters and digits."""
        found = ""
        while len(found) < length:
            number = self.integer(0, (1 << 64) - 1)
            for _ in range(8):
                number, place = divmod(number, len(letters))
                found += letters[place]
        return found[:length]

    def hexadecimal(self, length: int) -> str:
        """Return hexadecimal digits."""
        return self.text(length, _HEX)

    def bcrypt(self) -> str:
        """Return what looks like a password hashed by bcrypt."""
        return "$2y$10$" + self.text(22, _ITOA64[:-1]) + self.text(31, _ITOA64)

    def phpass(self) -> str:
        """Return what looks like a password hashed by phpass."""
        return "$P$B" + self.text(30, _ITOA64)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    first: str
    last: str
    email: str
    login: str

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, kw_only=True)
class PlantedColumn:
    """
    A column: its type is int, bigint, varchar(n), char(n), text, decimal(p,s), datetime, date, boolean or serial.

    ``key`` is ``UNI``, ``MUL`` or empty; a serial column is the primary key.
    """

    name: str
    type: str
    nullable: bool = False
    default: Value = None
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class PlantedTable:
    """A table of the application; ``make`` gives the rows that there are now, in the order of their columns."""

    name: str
    columns: tuple[PlantedColumn, ...]
    make: Callable[[], Iterator[Row]]


@dataclass
class Planter:
    """What the makers of rows of one decoy share."""

    decoy: Decoy
    started_at: float
    now: Callable[[], float] = field(default=time.time)

    @property
    def persona(self) -> Persona:
        """The decoy's persona."""
        return self.decoy.persona

    @property
    def domain(self) -> str:
        """The domain that the application's own addresses are in."""
        return self.persona.domain or f"{self.persona.hostname}.example"

    def draw(self, purpose: str) -> Draw:
        """Return numbers for one purpose."""
        return Draw(self.persona, purpose)

    def count(self, purpose: str, low: int, high: int) -> int:
        """Return how many of something there are."""
        return self.persona.between(f"sql count {purpose}", low, high)

    def moments(self, purpose: str, count: int) -> Iterator[float]:
        """Yield moments since the application's start, about ``count`` until the decoy's last boot, and on until now."""
        draw, now = self.draw(f"moments {purpose}"), self.now()
        mean = max(int((self.persona.booted_at - self.started_at) / count), 600)
        moment = self.started_at
        for _ in range(min(4 * count, _MOST_MOMENTS)):
            moment += draw.integer(mean // 5, mean * 9 // 5)
            if moment > now:
                return
            yield moment

    def people(self, purpose: str) -> Iterator[Person]:
        """Yield people of the house, each with an address in its domain; no two logins are the same."""
        draw, taken = self.draw(f"people {purpose}"), set[str]()
        while True:
            first, last = draw.one(_FIRST), draw.one(_LAST)
            login = f"{first[0]}.{last}".lower()
            login = login if login not in taken else f"{login}{len(taken)}"
            taken.add(login)
            yield Person(first, last, f"{login}@{self.domain}", login)

    def strangers(self, purpose: str) -> Iterator[Person]:
        """Yield people from elsewhere, each with an address that cannot exist."""
        draw, number = self.draw(f"strangers {purpose}"), 0
        while True:
            number += 1
            first, last = draw.one(_FIRST), draw.one(_LAST)
            host = f"{draw.one(_LAST)}-{draw.one(_TRADES)}.example".lower()
            login = f"{first}.{last}{number if draw.integer(0, 2) else ''}".lower()
            yield Person(first, last, f"{login}@{host}", login)


@dataclass(frozen=True, kw_only=True)
class Theme:
    """A kind of application: the names that its database may have, its account, and its tables."""

    name: str
    databases: tuple[str, ...]
    accounts: tuple[str, ...]
    tables: Callable[[Planter], tuple[PlantedTable, ...]]


class Dataset:
    """The database of one decoy, whichever lure shows it."""

    def __init__(self, decoy: Decoy, themes: tuple[Theme, ...], now: Callable[[], float] = time.time) -> None:
        facts = Facts(decoy, now)
        persona = decoy.persona
        self.installed_at = facts.installed_at
        self.started_at = self.installed_at + persona.between("sql application installed", 1, 9) * DAY
        self.theme = themes[persona.between("sql theme", 0, len(themes) - 1)]
        self.name = persona.choose("sql database", self.theme.databases)
        self.account = persona.choose("sql account", self.theme.accounts)
        draw = Draw(persona, "account password")
        self.password = draw.one(("S3cure", "Db", "Srv", "Prod", "Web", "App")) + draw.text(draw.integer(6, 10))
        self.tables = self.theme.tables(Planter(decoy, self.started_at, now))
        self._place = f"{persona.seed} {persona.domain} {persona.hostname} {self.theme.name}"

    def database(self, dialect: Dialect, name: str = "") -> Database:
        """Return the database as a dialect sees it, under its own name or another one (a schema); its tables are shared."""
        tables = {table.name: self._table(dialect, table) for table in self.tables}
        return Database(name or self.name, tables)

    def _table(self, dialect: Dialect, planted: PlantedTable) -> Table:
        """Return one table as a dialect sees it."""
        columns = [_column(dialect, column) for column in planted.columns]
        flags = [place for place, column in enumerate(planted.columns) if column.type == "boolean"]
        keys = [key for column in planted.columns if (key := _key(dialect, planted.name, column)) is not None]
        table = Table(planted.name, columns, keys=keys, is_shared=True, created_at=self.started_at, updated_at=self.started_at)
        table.make = lambda: _rows((self._place, dialect.name, planted.name), planted, flags, dialect)
        return table


_KEPT: OrderedDict[tuple[str, str, str], tuple[float, list[Row]]] = OrderedDict()
_FRESH_SECONDS = 60


def _rows(name: tuple[str, str, str], planted: PlantedTable, flags: list[int], dialect: Dialect) -> list[Row]:
    """Return the rows of a table; the ones last asked for are kept for a while, for all decoys together."""
    found = _KEPT.get(name)
    if found is None or time.monotonic() - found[0] > _FRESH_SECONDS:
        rows = list(planted.make())
        if flags and dialect.true is not True:
            rows = [tuple(int(value or 0) if place in flags else value for place, value in enumerate(row)) for row in rows]
        found = (time.monotonic(), rows)
        _KEPT[name] = found
    _KEPT.move_to_end(name)
    while sum(len(rows) for _, rows in _KEPT.values()) > _KEPT_ROWS and len(_KEPT) > 1:
        _KEPT.popitem(last=False)
    return found[1]


def _column(dialect: Dialect, planted: PlantedColumn) -> TableColumn:
    """Return a column as a dialect sees it."""
    name, _, rest = planted.type.partition("(")
    numbers = [int(part) for part in rest.removesuffix(")").split(",") if part]
    length, scale = (*numbers, 0, 0)[:2]
    is_serial = name == "serial"
    type_ = dialect.type_named(dialect.planted_types.get(name, name), length, scale)
    if type_ is None:
        raise LookupError(planted.type)
    default, text = planted.default, "" if planted.default is None else str(planted.default)
    if isinstance(default, bool):
        default, text = (dialect.true, dialect.true_text) if default else (dialect.false, dialect.false_text)
    key = "PRI" if is_serial else planted.key
    return TableColumn(planted.name, type_, planted.nullable, default, text, is_serial, key)


def _key(dialect: Dialect, table: str, planted: PlantedColumn) -> Key | None:
    """Return the key of a column; None where it has none."""
    kind = "PRI" if planted.type == "serial" else planted.key
    return Key(dialect.key_title(table, (planted.name,), kind), (planted.name,), kind) if kind else None


def moment(seconds: float) -> datetime:
    """Return a moment as databases keep it: without a zone, in whole seconds, in UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None)


def address(draw: Draw) -> tuple[str, str, str]:
    """Return a street with a number, a postal code and a city that do not belong together."""
    city, code = draw.one(_CITIES)
    return f"{draw.one(_STREETS)} {draw.integer(1, 148)}", code, city


def serial(name: str = "id") -> PlantedColumn:
    """Return a primary key that counts up."""
    return PlantedColumn(name=name, type="serial")


def column(name: str, type_: str, *, null: bool = False, default: Value = None, key: str = "") -> PlantedColumn:
    """Return a column."""
    return PlantedColumn(name=name, type=type_, nullable=null, default=default, key=key)
