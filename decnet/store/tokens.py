# SPDX-License-Identifier: MIT
"""Tokens of programs: the hash of each, what it may do, when it ends."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from decnet.domain.access import Access, is_account_name
from decnet.domain.evidence import now
from decnet.errors import InUseError, NotFoundError, PlanError
from decnet.store.database import load_queries, microseconds, moment

_QUERIES = load_queries("tokens")
LONGEST_DAYS = 3650


@dataclass(frozen=True, kw_only=True)
class Token:
    """One token; what the program shows is nowhere."""

    id: int
    name: str
    role: Access
    created_by: str
    created_at: datetime
    ends_at: datetime
    last_at: datetime | None


def add(connection: sqlite3.Connection, digest: bytes, name: str, role: Access, *, days: int, created_by: str) -> Token:
    """
    Make a token and return it; ``digest`` is of what the program shows.

    Raises ``PlanError`` for a name or a number of days that cannot be, ``InUseError`` for a name that is taken.
    """
    if not is_account_name(name):
        raise PlanError(
            f"{name[:40]!r} is no name of a token: a-z, 0-9, dot, hyphen and underscore, at most 32",
            remedy="choose another name",
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise PlanError(f"{days} is no number of days from 1 to {LONGEST_DAYS}", remedy="choose another number")
    if _QUERIES.by_name(connection, name=name) is not None:
        raise InUseError(f"there is already a token {name!r}", remedy=f"revoke it first: decnet admin token revoke {name}")
    at = now()
    id_ = _QUERIES.add(
        connection,
        name=name,
        hash=digest,
        role=role,
        created_by=created_by,
        created_at=microseconds(at),
        ends_at=microseconds(at + timedelta(days=days)),
    )
    return _token(_QUERIES.by_id(connection, id=id_))


def find(connection: sqlite3.Connection, digest: bytes) -> Token | None:
    """Return the token that somebody shows; None where there is none, or it has ended."""
    row = _QUERIES.get(connection, hash=digest, at=microseconds(now()))
    return _token(row) if row else None


def named(connection: sqlite3.Connection, name: str) -> Token:
    """Return a token by its name; raise ``NotFoundError`` where there is none."""
    row = _QUERIES.by_name(connection, name=name)
    if row is None:
        raise NotFoundError(f"there is no token {name!r}", remedy="decnet admin token list")
    return _token(row)


def listed(connection: sqlite3.Connection) -> list[Token]:
    """Return all tokens in the order in which they were made, those that have ended too until retention takes them."""
    return [_token(row) for row in _QUERIES.all(connection)]


def see(connection: sqlite3.Connection, token: Token) -> None:
    """Remember that a token was used."""
    _QUERIES.see(connection, id=token.id, at=microseconds(now()))


def revoke(connection: sqlite3.Connection, id_: int) -> Token:
    """Delete a token and return what it was; raise ``NotFoundError`` where there is none."""
    row = _QUERIES.by_id(connection, id=id_)
    if row is None:
        raise NotFoundError(f"there is no token {id_}", remedy="decnet admin token list")
    _QUERIES.delete(connection, id=id_)
    return _token(row)


def _token(row: tuple[Any, ...]) -> Token:
    """Return a row as a token."""
    id_, name, role, created_by, created_at, ends_at, last_at = row
    return Token(
        id=id_,
        name=name,
        role=Access(role),
        created_by=created_by,
        created_at=moment(created_at),
        ends_at=moment(ends_at),
        last_at=None if last_at is None else moment(last_at),
    )
