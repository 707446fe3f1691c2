# SPDX-License-Identifier: MIT
"""The audit log is read from its newest entry on."""

from decnet.store import audit
from tests.support.stores import Stored


def test_entries_come_newest_first_and_go_on_behind_a_number(store: Stored) -> None:
    connection = store.ingest.connection
    for number in range(5):
        audit.write(connection, actor="admin", address="192.0.2.1", action="looked", subject=str(number))
    first = audit.page(connection, before=1 << 62, limit=3)
    rest = audit.page(connection, before=first[-1].number, limit=3)
    assert [entry.subject for entry in first + rest] == ["4", "3", "2", "1", "0"]
    assert (first[0].actor, first[0].address, first[0].action, first[0].detail) == ("admin", "192.0.2.1", "looked", "")


def test_places_of_logins_are_told_once_the_latest_last(store: Stored) -> None:
    connection = store.ingest.connection
    for actor, address, action in (
        ("admin", "192.0.2.1", audit.LOGGED_IN),
        ("eve", "192.0.2.2", audit.LOGGED_IN),
        ("admin", "192.0.2.1", audit.LOGGED_IN),
        ("admin", "192.0.2.9", audit.FAILED),
    ):
        audit.write(connection, actor=actor, address=address, action=action)
    assert audit.places(connection, limit=9) == [("eve", "192.0.2.2"), ("admin", "192.0.2.1")]
    assert audit.places(connection, limit=1) == [("admin", "192.0.2.1")]
