# SPDX-License-Identifier: MIT
"""Who is logged in with a browser: the hash of what the browser shows, and when that ends."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from decnet.domain.access import Access
from decnet.domain.evidence import now
from decnet.store.database import load_queries, microseconds, moment

_QUERIES = load_queries("logins")
MOST_OF_ONE_ACCOUNT = 50


@dataclass(frozen=True, kw_only=True)
class Login:
    """Somebody who is logged in, and what his account may do now."""

    account: str
    role: Access
    must_change_password: bool
    last_at: datetime
    ends_at: datetime


def begin(connection: sqlite3.Connection, digest: bytes, account: str, *, address: str, seconds: float) -> datetime:
    """Log somebody in and return when that ends at the latest; of many logins of one account the oldest go."""
    at = now()
    ends_at = at + timedelta(seconds=seconds)
    _QUERIES.begin(
        connection,
        hash=digest,
        account=account,
        address=address,
        begun_at=microseconds(at),
        ends_at=microseconds(ends_at),
    )
    for (hash_,) in list(_QUERIES.oldest_beyond(connection, account=account, count=MOST_OF_ONE_ACCOUNT)):
        _QUERIES.end(connection, hash=hash_)
    _QUERIES.delete_before(connection, before=microseconds(at))
    return ends_at


def find(connection: sqlite3.Connection, digest: bytes, *, idle_seconds: float) -> Login | None:
    """Return who shows this; None where nobody does, who did is too long idle, or the account is disabled."""
    idle = round(idle_seconds * 1_000_000)
    row = _QUERIES.get(connection, hash=digest, at=microseconds(now()), idle=idle)
    if row is None:
        return None
    account, role, must_change_password, last_at, ends_at = row
    return Login(
        account=account,
        role=Access(role),
        must_change_password=bool(must_change_password),
        last_at=moment(last_at),
        ends_at=moment(ends_at),
    )


def see(connection: sqlite3.Connection, digest: bytes) -> None:
    """Remember that somebody was here, so that he is not idle."""
    _QUERIES.see(connection, hash=digest, at=microseconds(now()))


def end(connection: sqlite3.Connection, digest: bytes) -> None:
    """Log one browser out."""
    _QUERIES.end(connection, hash=digest)


def end_all_of(connection: sqlite3.Connection, account: str) -> None:
    """Log an account out everywhere."""
    _QUERIES.end_all_of(connection, account=account)
