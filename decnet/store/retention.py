# SPDX-License-Identifier: MIT
"""
What is too old, or too much, goes: the oldest first, in small transactions, and it is counted.

Evidence, sessions, attackers, secrets and captured files live as long as evidence may; the event log has an age of its own.
Above the size that the database may have the oldest evidence goes first, with the oldest events; above that of the blob folder
the captured files that were named longest ago.
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
from decnet.store import blobs
from decnet.store.database import load_queries, microseconds, moment, transaction

CHUNK = 2000
_BLOBS = 100
_FREE_PAGES = 4096
_QUERIES = load_queries("retention")
_EVIDENCE = load_queries("evidence")
_EVENTS = load_queries("events")
_SESSIONS = load_queries("sessions")
_ATTACKERS = load_queries("attackers")
_SECRETS = load_queries("secrets")


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
        self._steps: tuple[Callable[[], int], ...] = (
            self._old_evidence,
            self._old_sessions,
            self._old_attackers,
            self._old_secrets,
            self._old_events,
            self._old_blobs,
            self._too_much_evidence,
            self._too_many_blobs,
        )

    def step(self, settings: Store) -> int:
        """
        Delete one bounded portion and return how many rows went.

        0 when everything is within its bounds; then nothing is looked at for ``settings.retention_seconds``.
        """
        if time.monotonic() - self._done_at < settings.retention_seconds:
            return 0
        self._settings = settings
        for step in self._steps:
            count = step()
            if count:
                return count
        if self._pragma("freelist_count") > _FREE_PAGES:
            self._connection.execute(f"PRAGMA incremental_vacuum({_FREE_PAGES})").fetchall()
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

    def _delete_evidence(self, numbers: list[tuple[int]]) -> int:
        """Delete records."""
        _EVIDENCE.delete(self._connection, [{"number": number} for (number,) in numbers])
        return self._count("evidence", len(numbers))

    def _old_evidence(self) -> int:
        """Delete records that are too old."""
        before = self._before(self._settings.keep_evidence_days)
        with transaction(self._connection, self._database):
            return self._delete_evidence(list(_EVIDENCE.oldest_before(self._connection, before=before, limit=CHUNK)))

    def _old_sessions(self) -> int:
        """Delete sessions whose records are too old."""
        before = self._before(self._settings.keep_evidence_days)
        with transaction(self._connection, self._database):
            old = list(_SESSIONS.oldest_before(self._connection, before=before, limit=CHUNK))
            _SESSIONS.delete(self._connection, [{"id": id_, "spool": spool} for id_, spool in old])
            return self._count("session", len(old))

    def _old_attackers(self) -> int:
        """Delete attackers who have not been back for too long."""
        before = self._before(self._settings.keep_evidence_days)
        with transaction(self._connection, self._database):
            old = [
                {"address": address} for (address,) in _ATTACKERS.oldest_before(self._connection, before=before, limit=CHUNK)
            ]
            _ATTACKERS.delete_decoys(self._connection, old)
            _ATTACKERS.delete(self._connection, old)
            return self._count("attacker", len(old))

    def _old_secrets(self) -> int:
        """Delete secrets that are too old and that no record names."""
        before = self._before(self._settings.keep_evidence_days)
        with transaction(self._connection, self._database):
            old = [{"id": id_} for (id_,) in _SECRETS.unused(self._connection, before=before, limit=CHUNK)]
            _SECRETS.delete(self._connection, old)
            return self._count("secret", len(old))

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
        before = self._before(self._settings.keep_evidence_days)
        return self._delete_blobs(blobs.oldest(self._connection, limit=_BLOBS, before=before))

    def _too_much_evidence(self) -> int:
        """Delete the oldest records and events of a database that is too large."""
        if self._used_bytes() <= self._settings.limit_bytes:
            return 0
        with transaction(self._connection, self._database):
            count = self._delete_evidence(list(_EVIDENCE.oldest(self._connection, limit=CHUNK)))
            return count + self._delete_events(list(_EVENTS.oldest(self._connection, limit=CHUNK)))

    def _too_many_blobs(self) -> int:
        """Delete the captured files that were named longest ago, down to the limit."""
        excess = blobs.total_bytes(self._connection) - self._settings.blobs_limit_bytes
        chosen = []
        for sha256, size in blobs.oldest(self._connection, limit=_BLOBS) if excess > 0 else ():
            if excess <= 0:
                break
            chosen.append((sha256, size))
            excess -= size
        return self._delete_blobs(chosen)

    def _delete_blobs(self, chosen: list[tuple[str, int]]) -> int:
        """Delete the rows, then the files: a file without a row is found again, a row without a file is damage."""
        with transaction(self._connection, self._database):
            blobs.forget(self._connection, [sha256 for sha256, _ in chosen])
            self._count("blob", len(chosen))
        for sha256, _ in chosen:
            blobs.path_of(self._blobs, sha256).unlink(missing_ok=True)
        return len(chosen)
