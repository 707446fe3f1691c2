# SPDX-License-Identifier: MIT
"""Connections of attackers by the hour and by the lure; kept incrementally, never counted anew."""

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from decnet.store.database import load_queries, moment

_QUERIES = load_queries("touches")
HOUR = 3_600_000_000
"""An hour as the store keeps times: in microseconds."""


@dataclass(frozen=True, kw_only=True)
class Hour:
    """One hour, in UTC; ``lures`` says how many connections each lure had."""

    at: datetime
    lures: dict[str, int]

    @property
    def touches(self) -> int:
        """All connections of the hour."""
        return sum(self.lures.values())


class Tally:
    """What one batch says of the hours in it."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, str]] = Counter()

    def add(self, kind: str, lure: str, at: int) -> None:
        """Count one more record, if it says that somebody connected."""
        if kind == "opened":
            self._counts[at // HOUR, lure] += 1

    def write(self, connection: sqlite3.Connection) -> None:
        """Add what was counted."""
        _QUERIES.count(connection, [{"hour": hour, "lure": lure, "count": n} for (hour, lure), n in self._counts.items()])


def by_hour(connection: sqlite3.Connection, *, last: int, count: int) -> list[Hour]:
    """Return ``count`` hours, the oldest first; ``last`` is the number of the newest, in hours since the epoch."""
    first = last - count + 1
    lures: dict[int, dict[str, int]] = {hour: {} for hour in range(first, last + 1)}
    for hour, lure, touches in _QUERIES.since(connection, hour=first, until=last + 1):
        lures[hour][lure] = touches
    return [Hour(at=moment(hour * HOUR), lures=found) for hour, found in lures.items()]
