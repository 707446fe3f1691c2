# SPDX-License-Identifier: MIT
"""What people and programs changed, and which secrets they looked at; written in the transaction of the change."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from decnet.domain.evidence import now
from decnet.store.database import load_queries, microseconds, moment

_QUERIES = load_queries("audit")
MOST = 100_000
"""How many entries are kept."""
LOGGED_IN = "logged in"
FAILED = "login failed"
"""What anybody can have written here who may try a password: of too many entries these go first."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One deed: who (an account, or ``token NAME``), from where, what, to what."""

    number: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    detail: str


def write(
    connection: sqlite3.Connection, *, actor: str, address: str, action: str, subject: str = "", detail: str = ""
) -> None:
    """Add an entry within the caller's transaction; no password and no secret may be part of it."""
    at = microseconds(now())
    _QUERIES.write(connection, at=at, actor=actor, address=address, action=action, subject=subject, detail=detail)


def page(connection: sqlite3.Connection, *, before: int, limit: int) -> list[Entry]:
    """Return the entries before a number, the newest first."""
    return [
        Entry(number=number, at=moment(at), actor=actor, address=address, action=action, subject=subject, detail=detail)
        for number, at, actor, address, action, subject, detail in _QUERIES.page(connection, before=before, limit=limit)
    ]


def places(connection: sqlite3.Connection, *, limit: int) -> list[tuple[str, str]]:
    """Return which accounts logged in from which addresses, the latest last."""
    return list(_QUERIES.places(connection, action=LOGGED_IN, limit=limit))
