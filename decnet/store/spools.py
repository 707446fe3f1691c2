# SPDX-License-Identifier: MIT
"""How far each spool was read, and what was found damaged in it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from decnet.domain.evidence import now
from decnet.spool.reader import Damage, Position
from decnet.store.database import load_queries, microseconds, moment

_QUERIES = load_queries("spools")

TORN = "torn"
"""The one reason that a killed process explains: the line was never finished, and nobody was answered for it."""


@dataclass(frozen=True, slots=True)
class SpoolRow:
    """A spool as the store knows it; ``records`` is how many of its records were ever stored."""

    id: int
    host: str
    writer: str
    position: Position
    records: int


@dataclass(frozen=True, slots=True)
class DamageRow:
    """Damage of one reason in one segment; positions are offsets in it, ``count`` is how often."""

    host: str
    writer: str
    segment: int
    reason: str
    first_position: int
    last_position: int
    count: int
    detail: str
    at: datetime


def enter(connection: sqlite3.Connection, host: str, writer: str) -> SpoolRow:
    """Return a spool's row, made where it is missing (within the caller's transaction)."""
    _QUERIES.enter(connection, host=host, writer=writer)
    id_, segment, offset, sequence, records = _QUERIES.get(connection, host=host, writer=writer)
    return SpoolRow(id_, host, writer, Position(segment, offset, sequence), records)


def get(connection: sqlite3.Connection, host: str, writer: str) -> SpoolRow | None:
    """Return a spool's row; None where nothing of it was stored yet."""
    row = _QUERIES.get(connection, host=host, writer=writer)
    return SpoolRow(row[0], host, writer, Position(*row[1:4]), row[4]) if row else None


def listed(connection: sqlite3.Connection) -> list[SpoolRow]:
    """Return every spool."""
    rows = _QUERIES.all(connection)
    return [SpoolRow(row[0], row[1], row[2], Position(*row[3:6]), row[6]) for row in rows]


def move(connection: sqlite3.Connection, spool: SpoolRow, position: Position, records: int) -> None:
    """Remember how far a spool was read, and how many more of its records are stored."""
    _QUERIES.move(
        connection,
        id=spool.id,
        segment=position.segment,
        position=position.offset,
        sequence=position.sequence,
        records=records,
        at=microseconds(now()),
    )


def last_stored(connection: sqlite3.Connection, spool: SpoolRow) -> int:
    """Return the highest sequence of a spool in the store; 0 where there is none."""
    return int(_QUERIES.last_stored(connection, id=spool.id))


def report(connection: sqlite3.Connection, host: str, writer: str, damage: Iterable[Damage]) -> None:
    """Remember damage; what is known already is not counted again."""
    at = microseconds(now())
    rows = [
        {
            "host": host,
            "writer": writer,
            "segment": one.segment,
            "reason": one.reason,
            "position": one.offset,
            "count": one.count,
            "detail": one.detail,
            "at": at,
        }
        for one in damage
    ]
    _QUERIES.report(connection, rows)


def damage(connection: sqlite3.Connection) -> list[DamageRow]:
    """Return everything that was found damaged."""
    return [
        DamageRow(host, writer, segment, reason, first, last, count, detail, moment(at))
        for host, writer, segment, reason, first, last, count, detail, at in _QUERIES.damage(connection)
    ]


def forget_damage(connection: sqlite3.Connection) -> int:
    """Forget all damage, after somebody has looked at it; return how many rows there were."""
    return int(_QUERIES.forget_damage(connection))
