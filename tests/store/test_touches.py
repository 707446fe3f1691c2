# SPDX-License-Identifier: MIT
"""Touches are counted while they are stored, by the hour and by the lure."""

from decnet.domain.evidence import Command, Opened, now
from decnet.store import touches
from decnet.store.database import microseconds
from tests.support.stores import Stored


def test_each_connection_counts_once_in_its_hour(store: Stored) -> None:
    begun = microseconds(now()) // touches.HOUR
    store.write(Opened(), Command(command="id"))
    store.write(Opened(), lure="redis")
    store.bring()
    store.write(Opened())
    store.bring()
    last = microseconds(now()) // touches.HOUR
    hours = touches.by_hour(store.ingest.connection, last=last, count=24)
    assert len(hours) == 24
    assert sum(hour.touches for hour in hours[-1 - (last - begun) :]) == 3
    assert sum(hour.lures.get("ssh", 0) for hour in hours) == 2
    assert hours[0].lures == {}
    assert microseconds(hours[-1].at) == last * touches.HOUR
