# SPDX-License-Identifier: MIT
"""The event log gives each consumer everything that it asked for, once, in order."""

import pytest

from decnet.domain.evidence import now
from decnet.errors import BusError
from decnet.events import AttackerObserved, Event, FleetChanged, decode
from decnet.store import events
from decnet.store.database import transaction
from tests.support.stores import Stored


def append(store: Stored, *logged: Event) -> list[tuple[str, bytes]]:
    """Log events."""
    with transaction(store.ingest.connection, store.config.paths.store):
        return events.append(store.ingest.connection, logged)


def test_event_comes_back_as_the_bus_carries_it(store: Stored) -> None:
    event = AttackerObserved(address="192.0.2.7", at=now(), decoy="one")
    ((topic, body),) = append(store, event)
    (found,) = events.after(store.ingest.connection, 0, ">", 10).events
    assert (
        (found.topic, found.body, found.type)
        == (topic, body, "AttackerObserved")
        == ("attacker.observed", body, "AttackerObserved")
    )
    assert decode(found.body) == event


def test_pattern_narrows_and_the_cursor_moves_over_what_did_not_match(store: Stored) -> None:
    append(store, *(FleetChanged(revision=number) for number in range(5)), AttackerObserved(address="::1", at=now(), decoy="d"))
    page = events.after(store.ingest.connection, 0, "attacker.*", 10)
    assert [found.sequence for found in page.events] == [6]
    assert events.after(store.ingest.connection, 0, "nothing.>", 10).cursor == 6


def test_pages_follow_each_other_without_loss(store: Stored) -> None:
    append(store, *(FleetChanged(revision=number) for number in range(2500)))
    cursor, seen = 0, []
    while (page := events.after(store.ingest.connection, cursor, "fleet.changed", 400)).events:
        seen += [found.sequence for found in page.events]
        cursor = page.cursor
    assert seen == list(range(1, 2501))
    assert events.last_sequence(store.ingest.connection) == 2500


def test_what_is_no_pattern_is_refused(store: Stored) -> None:
    with pytest.raises(BusError):
        events.after(store.ingest.connection, 0, "a..b", 10)


def test_cursor_never_moves_back(store: Stored) -> None:
    connection = store.ingest.connection
    assert events.get_cursor(connection, "webhook") is None
    for sequence, expected in ((5, 5), (3, 5), (9, 9)):
        events.set_cursor(connection, "webhook", sequence)
        assert events.get_cursor(connection, "webhook") == expected


def test_numbers_are_never_used_again(store: Stored) -> None:
    append(store, FleetChanged(revision=1))
    store.ingest.connection.execute("DELETE FROM event")
    append(store, FleetChanged(revision=2))
    assert events.last_sequence(store.ingest.connection) == 2
