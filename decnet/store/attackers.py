# SPDX-License-Identifier: MIT
"""Attackers, by address: kept incrementally, never counted anew."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from decnet.store.database import load_queries, moment

_QUERIES = load_queries("attackers")


@dataclass(frozen=True, kw_only=True)
class Attacker:
    """What is known of an address; ``touches`` are connections, ``decoys`` how many different ones it reached."""

    address: str
    first_at: datetime
    last_at: datetime
    touches: int
    records: int
    credentials: int
    decoys: int


@dataclass(slots=True)
class Observation:
    """What one batch says of an address; ``decoys`` maps each to the first time (microseconds), in order."""

    address: str
    first_at: int
    last_at: int
    touches: int = 0
    records: int = 0
    credentials: int = 0
    decoys: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, decoy: str, at: int) -> None:
        """Count one more record."""
        self.first_at = min(self.first_at, at)
        self.last_at = max(self.last_at, at)
        self.records += 1
        self.touches += kind == "opened"
        self.credentials += kind == "credential"
        self.decoys.setdefault(decoy, at)

    def row(self) -> dict[str, str | int]:
        """Return what the query takes."""
        return {
            "address": self.address,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "touches": self.touches,
            "records": self.records,
            "credentials": self.credentials,
        }


def observe(connection: sqlite3.Connection, observations: Iterable[Observation]) -> list[Observation]:
    """Add what was observed; return the observations of addresses that are new."""
    seen = list(observations)
    new = [one for one in seen if _QUERIES.is_known(connection, address=one.address) is None]
    _QUERIES.observe(connection, [one.row() for one in seen])
    for one in seen:
        for decoy, at in one.decoys.items():
            if _QUERIES.reach(connection, address=one.address, decoy=decoy, first_at=at):
                _QUERIES.count_decoy(connection, address=one.address)
    return new


def newest(connection: sqlite3.Connection, *, limit: int) -> list[Attacker]:
    """Return the attackers who were seen last, the latest last."""
    return [attacker_of(row) for row in _QUERIES.newest(connection, limit=limit)][::-1]


def get(connection: sqlite3.Connection, address: str) -> Attacker | None:
    """Return one attacker; None where the address was never seen."""
    row = _QUERIES.get(connection, address=address)
    return attacker_of(row) if row else None


def decoys_of(connection: sqlite3.Connection, address: str) -> list[str]:
    """Return the names of the decoys that an address reached, in the order in which it did."""
    return [decoy for (decoy,) in _QUERIES.decoys_of(connection, address=address)]


def attacker_of(row: tuple[Any, ...]) -> Attacker:
    """Return a row as an attacker."""
    address, first_at, last_at, touches, records, credentials, decoys = row
    return Attacker(
        address=address,
        first_at=moment(first_at),
        last_at=moment(last_at),
        touches=touches,
        records=records,
        credentials=credentials,
        decoys=decoys,
    )
