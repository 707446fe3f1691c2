# SPDX-License-Identifier: MIT
"""The databases that one attacker sees: planted keys and his own, bounded in bytes and in number."""

import time
from dataclasses import dataclass, field
from typing import Any

from decnet.lures.redis.resp import ReplyError
from decnet.lures.worlds import Room

MAX_BYTES = 4 * 1024 * 1024
MAX_KEYS = 20_000
WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'."
_ITEM_BYTES = 256
_RECOUNT_SECONDS = 0.25


class Hash(dict[bytes, bytes]):
    """A hash: fields and their values."""


class SortedSet(dict[bytes, float]):
    """A sorted set: members and their scores."""

    def ordered(self) -> list[tuple[bytes, float]]:
        """Return members and scores, the lowest first."""
        return sorted(self.items(), key=lambda item: (item[1], item[0]))


class List(list[bytes]):
    """A list."""


class Set(dict[bytes, None]):
    """A set; it keeps the order in which members came."""


Value = bytes | Hash | SortedSet | List | Set
TYPE_NAMES: dict[type, str] = {bytes: "string", Hash: "hash", SortedSet: "zset", List: "list", Set: "set"}


@dataclass
class Entry:
    """A value and when it ends, in seconds since the epoch."""

    value: Value
    expires_at: float | None = None


@dataclass
class Database:
    """One numbered database."""

    entries: dict[bytes, Entry] = field(default_factory=dict)

    def entry(self, key: bytes) -> Entry | None:
        """Return the entry of a key that has not ended."""
        entry = self.entries.get(key)
        if entry is not None and entry.expires_at is not None and entry.expires_at <= time.time():
            del self.entries[key]
            return None
        return entry

    def names(self) -> list[bytes]:
        """Return all keys that have not ended."""
        return [key for key in list(self.entries) if self.entry(key)]

    def get(self, key: bytes, kind: type) -> Any:
        """Return a value of one type, None where there is no such key; raise ``ReplyError`` for a value of another type."""
        entry = self.entry(key)
        if entry is None:
            return None
        if not isinstance(entry.value, kind):
            raise ReplyError(WRONG_TYPE)
        return entry.value

    def put(self, key: bytes, value: Value, *, expires_at: float | None = None) -> None:
        """Set a key; an empty collection removes it."""
        if value or isinstance(value, bytes):
            self.entries[key] = Entry(value, expires_at)
        else:
            self.entries.pop(key, None)

    def change(self, key: bytes, value: Value) -> None:
        """Set the value of a key and leave its end as it is."""
        entry = self.entry(key)
        self.put(key, value, expires_at=entry.expires_at if entry else None)

    def size(self) -> int:
        """Return about how many bytes the database takes."""
        return sum(len(key) + _ITEM_BYTES + _size(entry.value) for key, entry in self.entries.items())


class Keyspace:
    """All databases, and the account of what they take."""

    def __init__(self) -> None:
        self.databases: dict[int, Database] = {}
        self._room = Room(MAX_BYTES)
        self._counted_at = 0.0

    def database(self, number: int) -> Database:
        """Return one database."""
        return self.databases.setdefault(number, Database())

    def charge(self, size: int) -> None:
        """Add to the account before something is written; raise ``ReplyError`` when there is no room."""
        if self.count() <= MAX_KEYS and self._room.take(size + _ITEM_BYTES):
            return
        if time.monotonic() - self._counted_at < _RECOUNT_SECONDS:
            raise ReplyError(OUT_OF_MEMORY)
        self._counted_at = time.monotonic()
        self._room.recount(sum(database.size() for database in self.databases.values()))
        if self.count() > MAX_KEYS or not self._room.take(size):
            raise ReplyError(OUT_OF_MEMORY)

    def freed(self) -> None:
        """Count anew before the next refusal: much has been removed."""
        self._counted_at = 0.0

    def count(self) -> int:
        """Return the number of keys."""
        return sum(len(database.entries) for database in self.databases.values())


def _size(value: Value) -> int:
    """Return about how many bytes a value takes."""
    if isinstance(value, bytes):
        return len(value)
    items = len(value) * _ITEM_BYTES + sum(map(len, value))
    return items + (sum(map(len, value.values())) if isinstance(value, Hash) else 0)
