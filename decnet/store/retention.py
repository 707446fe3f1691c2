# SPDX-License-Identifier: MIT
"""
What is too old, or too much, goes: the oldest first, in small transactions, and it is counted.

Evidence, sessions, attackers, captured files, touches by the hour, reports of damage and the audit log live as long as
evidence may, a secret as long as a record names it; the event log has an age of its own, a login and a token end by
themselves. Above the size that the database may have the oldest evidence goes first, and with it everything that is older than
what is left; above that of the blob folder the captured files that were named longest ago. Size is looked at in every step,
age now and then: an attacker decides how fast a store grows.
"""

import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from decnet.config.model import Store
from decnet.domain.evidence import now
from decnet.store import audit, blobs
from decnet.store.database import load_queries, microseconds, moment, transaction
from decnet.store.touches import HOUR

CHUNK = 2000
_BLOBS = 100
_FREE_PAGES = 4096
_DAMAGE = 10_000
_TOKEN_DAYS = 30
_AHEAD_DAYS = 1
_QUERIES = load_queries("retention")
_EVIDENCE = load_queries("evidence")
_EVENTS = load_queries("events")
_SESSIONS = load_queries("sessions")
_ATTACKERS = load_queries("attackers")
_SECRETS = load_queries("secrets")
_SPOOLS = load_queries("spools")
_AUDIT = load_queries("audit")
_LOGINS = load_queries("logins")
_TOKENS = load_queries("tokens")
_TOUCHES = load_queries("touches")


@dataclass(frozen=True, slots=True)
class Removed:
    """How much of one thing retention has deleted, ever."""

    what: str
    count: int
    last_at: datetime


def removed(connection: sqlite3.Connection) -> list[Removed]:
    """Return what was deleted."""
    return [Removed(what, count, moment(last_at)) for what, count, last_at in _QUERIES.removed(connection)]


class Retention:
    """Deletes by the rules of the configuration; to be used by the thread that writes the store."""

    def __init__(self, connection: sqlite3.Connection, *, database: Path, blobs: Path) -> None:
        self._connection = connection
        self._database = database
        self._blobs = blobs
        self._settings = Store()
        self._done_at = -math.inf
        self._by_size: tuple[Callable[[], int], ...] = (
            self._too_much,
            self._too_many_blobs,
            self._too_much_damage,
            self._too_much_audit,
        )
        self._by_age: tuple[Callable[[], int], ...] = (
            self._old_evidence,
            self._old_sessions,
            self._old_attackers,
            self._old_events,
            self._old_blobs,
            self._old_damage,
            self._old_audit,
            self._old_touches,
            self._ended_access,
            self._stray_files,
            self._free_pages,
        )

    def step(self, settings: Store) -> int:
        """
        Delete one bounded portion and return how much went (rows, stray files, pages).

        0 when everything is within its bounds; then ages are not looked at for ``settings.retention_seconds``.
        """
        self._settings = settings
        is_time = time.monotonic() - self._done_at >= settings.retention_seconds
        for step in (*self._by_size, *(self._by_age if is_time else ())):
            count = step()
            if count:
                return count
        if is_time:
            self._connection.execute("PRAGMA optimize")
            self._done_at = time.monotonic()
        return 0

    def _pragma(self, name: str) -> int:
        """Return a number that SQLite keeps."""
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def _used_bytes(self) -> int:
        """Return the size of the database without its free pages."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def _before(self, days: float) -> int:
        """Return the time, as the store keeps it, before which something is too old."""
        return microseconds(now() - timedelta(days=days))

    def _count(self, what: str, count: int) -> int:
        """Remember how much went."""
        if count:
            _QUERIES.count(self._connection, what=what, count=count, at=microseconds(now()))
        return count

    def _too_old(self) -> int:
        """Return the time before which evidence, and what lives as long, is too old."""
        return self._before(self._settings.keep_evidence_days)

    def _delete_evidence(self, found: list[tuple[int, int | None]]) -> int:
        """Delete records (number, secret), and the secrets that no other record names."""
        _EVIDENCE.delete(self._connection, [{"number": number} for number, _ in found])
        named = {secret for _, secret in found if secret is not None}
        self._count("secret", _SECRETS.delete_unused(self._connection, [{"id": id_} for id_ in named]) if named else 0)
        return self._count("evidence", len(found))

    def _delete_sessions(self, before: int) -> int:
        """Delete sessions that ended before a time."""
        old = list(_SESSIONS.oldest_before(self._connection, before=before, limit=CHUNK))
        _SESSIONS.delete(self._connection, [{"id": id_, "spool": spool} for id_, spool in old])
        return self._count("session", len(old))

    def _delete_attackers(self, before: int) -> int:
        """Delete attackers who were not back since a time."""
        old = [{"address": address} for (address,) in _ATTACKERS.oldest_before(self._connection, before=before, limit=CHUNK)]
        _ATTACKERS.delete_decoys(self._connection, old)
        _ATTACKERS.delete(self._connection, old)
        return self._count("attacker", len(old))

    def _old_evidence(self) -> int:
        """Delete records that are too old."""
        with transaction(self._connection, self._database):
            return self._delete_evidence(list(_EVIDENCE.oldest_before(self._connection, before=self._too_old(), limit=CHUNK)))

    def _old_sessions(self) -> int:
        """Delete sessions whose records are too old."""
        with transaction(self._connection, self._database):
            return self._delete_sessions(self._too_old())

    def _old_attackers(self) -> int:
        """Delete attackers who have not been back for too long."""
        with transaction(self._connection, self._database):
            return self._delete_attackers(self._too_old())

    def _old_events(self) -> int:
        """Delete events that are too old."""
        before = self._before(self._settings.keep_events_days)
        with transaction(self._connection, self._database):
            return self._delete_events(list(_EVENTS.oldest_before(self._connection, before=before, limit=CHUNK)))

    def _delete_events(self, sequences: list[tuple[int]]) -> int:
        """Delete rows of the event log."""
        _EVENTS.delete(self._connection, [{"sequence": sequence} for (sequence,) in sequences])
        return self._count("event", len(sequences))

    def _old_blobs(self) -> int:
        """Delete captured files that no young record names."""
        return self._delete_blobs(blobs.oldest(self._connection, limit=_BLOBS, before=self._too_old()))

    def _old_damage(self) -> int:
        """Forget damage that was met too long ago."""
        with transaction(self._connection, self._database):
            return self._count("damage", _SPOOLS.forget_damage_before(self._connection, before=self._too_old()))

    def _too_much_damage(self) -> int:
        """Forget the damage that was met longest ago: a hostile spool can invent segments without end."""
        with transaction(self._connection, self._database):
            return self._count("damage", _SPOOLS.forget_damage_beyond(self._connection, rows=_DAMAGE))

    def _old_audit(self) -> int:
        """Delete what was changed too long ago."""
        with transaction(self._connection, self._database):
            return self._count("audit", _AUDIT.delete_before(self._connection, before=self._too_old()))

    def _too_much_audit(self) -> int:
        """Delete the oldest entries of an audit log that is too long; who fails to log in pushes no change out of it."""
        with transaction(self._connection, self._database):
            return self._count("audit", _AUDIT.delete_beyond(self._connection, rows=audit.MOST, first=audit.FAILED))

    def _delete_touches(self, before: int) -> int:
        """Delete the sums of hours before a time, and of hours that are still to come: a hostile spool can invent these."""
        last = self._before(-_AHEAD_DAYS) // HOUR
        return self._count("touch", _TOUCHES.delete_outside(self._connection, first=before // HOUR, last=last))

    def _old_touches(self) -> int:
        """Delete the sums of hours whose records are too old."""
        with transaction(self._connection, self._database):
            return self._delete_touches(self._too_old())

    def _ended_access(self) -> int:
        """Delete logins and tokens that have ended; of tokens it can be seen for a month that they did."""
        with transaction(self._connection, self._database):
            count = self._count("login", _LOGINS.delete_before(self._connection, before=self._before(0)))
            return count + self._count("token", _TOKENS.delete_before(self._connection, before=self._before(_TOKEN_DAYS)))

    def _stray_files(self) -> int:
        """Delete what a killed process left in the blob folder: half copies, and files without a row."""
        return blobs.sweep(self._connection, self._blobs, limit=_BLOBS)

    def _free_pages(self) -> int:
        """Give pages that are free back to the disk, all but a few that will soon be used again."""
        before = self._pragma("freelist_count")
        if before <= _FREE_PAGES:
            return 0
        self._connection.execute(f"PRAGMA incremental_vacuum({_FREE_PAGES})").fetchall()
        return before - self._pragma("freelist_count")

    def _too_much(self) -> int:
        """Delete the oldest records and events of a database that is too large, and what is older than what is left."""
        if self._used_bytes() <= self._settings.limit_bytes:
            return 0
        with transaction(self._connection, self._database):
            count = self._delete_evidence(list(_EVIDENCE.oldest(self._connection, limit=CHUNK)))
            count += self._delete_events(list(_EVENTS.oldest(self._connection, limit=CHUNK)))
            before = _EVIDENCE.oldest_at(self._connection)
            before = self._before(0) if before is None else min(before, self._before(0))
            count += self._delete_sessions(before) + self._delete_attackers(before)
            return count + self._delete_touches(before)

    def _too_many_blobs(self) -> int:
        """Delete the captured files that were named longest ago, down to the limit."""
        excess = blobs.total_bytes(self._connection) - self._settings.blobs_limit_bytes
        chosen = []
        for name, size in blobs.oldest(self._connection, limit=_BLOBS) if excess > 0 else ():
            if excess <= 0:
                break
            chosen.append((name, size))
            excess -= size
        return self._delete_blobs(chosen)

    def _delete_blobs(self, chosen: list[tuple[str, int]]) -> int:
        """Delete the rows, then the files: a file without a row is found again, a row without a file is damage."""
        with transaction(self._connection, self._database):
            blobs.forget(self._connection, [name for name, _ in chosen])
            self._count("blob", len(chosen))
        for name, _ in chosen:
            blobs.path_of(self._blobs, name).unlink(missing_ok=True)
        return len(chosen)
