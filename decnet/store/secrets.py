# SPDX-License-Identifier: MIT
"""Captured secrets: each is kept once, encrypted, and found again by a keyed hash."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from decnet.errors import ConfigError, DamagedError, NotFoundError
from decnet.store.database import load_queries
from decnet.store.keys import Box

_QUERIES = load_queries("secrets")
_MARK = b"the keys of this store"


@dataclass(slots=True)
class _Sighting:
    """One secret of a batch."""

    secret: bytes
    first_at: int
    last_at: int
    count: int = 0


def keep(connection: sqlite3.Connection, box: Box, seen: Iterable[tuple[bytes, int]]) -> dict[bytes, int]:
    """Store secrets with the times (microseconds) at which they were seen; return the id of each."""
    sightings: dict[bytes, _Sighting] = {}
    for secret, at in seen:
        sighting = sightings.get(secret)
        if sighting is None:
            sighting = sightings[secret] = _Sighting(secret, at, at)
        sighting.first_at = min(sighting.first_at, at)
        sighting.last_at = max(sighting.last_at, at)
        sighting.count += 1
    return _keep(connection, box, list(sightings.values())) if sightings else {}


def reveal(connection: sqlite3.Connection, box: Box, secret_id: int) -> bytes:
    """Return a secret; raise ``NotFoundError`` where there is none, ``DamagedError`` where the key is another one."""
    ciphertext = _QUERIES.ciphertext(connection, id=secret_id)
    if ciphertext is None:
        raise NotFoundError(f"there is no secret {secret_id}", remedy="decnet evidence list")
    return box.decrypt(ciphertext, _place(secret_id))


def _keep(connection: sqlite3.Connection, box: Box, sightings: list[_Sighting]) -> dict[bytes, int]:
    """Tell new secrets from known ones and write both."""
    ids: dict[bytes, int] = {}
    new, again = [], []
    last_id = _QUERIES.last_id(connection)
    for sighting in sightings:
        comparison = box.compare(sighting.secret)
        known = _QUERIES.find(connection, comparison=comparison)
        last_id += known is None
        id_ = ids[sighting.secret] = known[0] if known else last_id
        row = {"id": id_, "first_at": sighting.first_at, "last_at": sighting.last_at, "count": sighting.count}
        if known:
            again.append(row)
        else:
            new.append({**row, "comparison": comparison, "ciphertext": box.encrypt(sighting.secret, _place(id_))})
    _QUERIES.insert(connection, new)
    _QUERIES.see_again(connection, again)
    return ids


def ids(connection: sqlite3.Connection) -> list[int]:
    """Return the numbers of all secrets."""
    return [id_ for (id_,) in _QUERIES.ids(connection)]


def confirm(connection: sqlite3.Connection, box: Box) -> bool:
    """
    Return whether the store knows its keys; raise ``ConfigError`` where they are others than those that filled it.

    Without this a wrong key would fill a store that nobody can read as a whole.
    """
    row = _QUERIES.mark(connection)
    if row is None:
        return False
    try:
        if box.decrypt(row[0], _MARK) == _MARK and row[1] == box.compare(_MARK):
            return True
    except DamagedError:
        pass
    raise ConfigError(
        "store.key or comparison.key is not the one that this store was filled with",
        remedy="put the keys back that belong to it; decnet config show names their folder ([paths] secrets)",
    )


def set_mark(connection: sqlite3.Connection, box: Box) -> None:
    """Let a new store know its keys."""
    _QUERIES.set_mark(connection, ciphertext=box.encrypt(_MARK, _MARK), comparison=box.compare(_MARK))


def _place(secret_id: int) -> bytes:
    """Return what a secret is bound to."""
    return b"secret %d" % secret_id
