# SPDX-License-Identifier: MIT
"""
The log of durable events.

The bus wakes its listeners; what they missed stands here. Numbers are given under the write lock, so that an event with a
lower number is never committed after one with a higher number, and a cursor passes nothing that is still to come.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from decnet.bus.subjects import check_pattern, matches
from decnet.domain.evidence import now
from decnet.events import Event, encode
from decnet.store.database import load_queries, microseconds, moment

_QUERIES = load_queries("events")
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event of the log; ``body`` is what the bus carries."""

    sequence: int
    at: datetime
    topic: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the log: what matched, and the cursor behind everything that was looked at."""

    events: list[LoggedEvent]
    cursor: int


def append(connection: sqlite3.Connection, events: Iterable[Event]) -> list[tuple[str, bytes]]:
    """Add events within the caller's transaction; return the topic and body of each, to be published after the commit."""
    encoded = [(event.topic, type(event).__name__, encode(event)) for event in events]
    at = microseconds(now())
    rows = ({"at": at, "topic": topic, "type": type_, "body": body} for topic, type_, body in encoded)
    _QUERIES.append(connection, rows)
    return [(topic, body) for topic, _, body in encoded]


def after(connection: sqlite3.Connection, sequence: int, pattern: str, limit: int) -> Page:
    """Return at most ``limit`` events behind ``sequence`` whose topics match; raise ``BusError`` for what is no pattern."""
    check_pattern(pattern)
    found: list[LoggedEvent] = []
    while True:
        rows = list(_QUERIES.following(connection, sequence=sequence, limit=_PAGE))
        for number, at, topic, type_, body in rows:
            sequence = number
            if matches(pattern, topic):
                found.append(LoggedEvent(number, moment(at), topic, type_, body))
            if len(found) == limit:
                return Page(found, sequence)
        if len(rows) < _PAGE:
            return Page(found, sequence)


def last_sequence(connection: sqlite3.Connection) -> int:
    """Return the number of the newest event that ever was; 0 where there was none."""
    return int(_QUERIES.last_sequence(connection))


def first_sequence(connection: sqlite3.Connection) -> int:
    """Return the number of the oldest event that is still there; that of the next one where there is none."""
    first = _QUERIES.first_sequence(connection)
    return last_sequence(connection) + 1 if first is None else int(first)


def get_cursor(connection: sqlite3.Connection, consumer: str) -> int | None:
    """Return how far a consumer has come; None where it never began."""
    sequence = _QUERIES.get_cursor(connection, consumer=consumer)
    return None if sequence is None else int(sequence)


def set_cursor(connection: sqlite3.Connection, consumer: str, sequence: int) -> None:
    """Move a consumer's cursor; it never moves back."""
    _QUERIES.set_cursor(connection, consumer=consumer, sequence=sequence)
