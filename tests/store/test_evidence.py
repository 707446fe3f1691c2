# SPDX-License-Identifier: MIT
"""Stored evidence is found by whatever narrows it."""

from datetime import timedelta
from typing import Any

import pytest

from decnet.domain.evidence import Command, Endpoint, Opened, now
from decnet.store import evidence
from decnet.store.evidence import Filter
from tests.support.stores import Stored


@pytest.fixture
def filled(store: Stored) -> Stored:
    """Return a store with records that differ in everything that a filter names."""
    store.write(Opened(), decoy="one", session="s1")
    store.write(Command(command="id"), decoy="two", lure="redis", session="s2")
    store.write(Command(command="ls"), decoy="one", peer=Endpoint(address="2001:db8::1", port=9), session="s3")
    store.bring()
    return store


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"decoy": "one"}, [1, 3]),
        ({"lure": "redis"}, [2]),
        ({"kind": "command"}, [2, 3]),
        ({"address": "2001:db8::1"}, [3]),
        ({"session": "s2"}, [2]),
        ({"session": "s2", "decoy": "one"}, []),
        ({"kind": "command", "decoy": "one"}, [3]),
        ({"since": now() + timedelta(days=1)}, []),
        ({"until": now() - timedelta(days=1)}, []),
        ({"since": now() - timedelta(days=1), "until": now() + timedelta(days=1)}, [1, 2, 3]),
    ],
)
def test_filter_narrows_both_ways_of_reading(filled: Stored, wanted: dict[str, Any], numbers: list[int]) -> None:
    connection = filled.ingest.connection
    chosen = Filter(**wanted)
    assert [found.number for found in evidence.newest(connection, filled.box, chosen, limit=10)] == numbers
    assert [found.number for found in evidence.following(connection, filled.box, chosen, after=0, limit=10)] == numbers


def test_limit_keeps_the_newest_or_the_following(filled: Stored) -> None:
    connection = filled.ingest.connection
    assert [found.number for found in evidence.newest(connection, filled.box, limit=2)] == [2, 3]
    assert [found.number for found in evidence.newest(connection, filled.box, limit=9, after=2)] == [3]
    assert [found.number for found in evidence.following(connection, filled.box, after=1, limit=1)] == [2]
    assert evidence.last_number(connection) == 3


def test_record_is_found_by_its_id(filled: Stored) -> None:
    connection = filled.ingest.connection
    (newest,) = evidence.newest(connection, filled.box, limit=1)
    assert evidence.get(connection, filled.box, newest.record.id) == newest
    for nothing in ("", "x", "00000000-0000-7000-8000-000000000000"):
        assert evidence.get(connection, filled.box, nothing) is None


@pytest.mark.parametrize("column", ["session", "decoy", "kind", "lure", "address"])
def test_narrow_lists_use_an_index(filled: Stored, column: str) -> None:
    """A list of one attacker must not read a million records."""
    query = getattr(evidence._QUERIES, f"newest_by_{column}").sql
    parameters = {**Filter().parameters(), "after": 0, "limit": 1}
    plan = str(filled.ingest.connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall())
    assert f"USING INDEX evidence_{column} " in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE evidence SET peer_address = '192.0.2.99' WHERE number = 2",
        "UPDATE evidence SET at = at + 1 WHERE number = 2",
        "UPDATE evidence SET kind = 'file' WHERE number = 2",
        "UPDATE evidence SET kind = 'of-tomorrow' WHERE number = 2",
        "UPDATE evidence SET body = (SELECT body FROM evidence WHERE number = 3) WHERE number = 2",
        "UPDATE evidence SET body = x'00' WHERE number = 2",
    ],
)
def test_row_that_somebody_changed_says_so_and_hides_no_other(filled: Stored, change: str) -> None:
    filled.ingest.connection.execute(change)
    found = evidence.newest(filled.ingest.connection, filled.box, limit=10)
    assert [one.record.kind for one in found] == ["opened", "unreadable", "command"]


def test_secret_of_another_record_is_not_taken_for_its_own(store: Stored) -> None:
    store.write(Command(command="one"), secret=b"hunter1")
    store.write(Command(command="two"), secret=b"hunter2")
    store.bring()
    store.ingest.connection.execute("UPDATE evidence SET secret_id = 3 - secret_id")
    assert {one.record.kind for one in evidence.newest(store.ingest.connection, store.box, limit=10)} == {"unreadable"}
