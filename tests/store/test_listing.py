# SPDX-License-Identifier: MIT
"""Lists go on where they ended, whatever is stored meanwhile, and no page looks at more than its portion."""

import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from decnet.domain.evidence import Command, Credential, Endpoint, Opened
from decnet.store import listing
from decnet.store.evidence import Filter
from decnet.store.evidence import Stored as Record
from decnet.store.listing import Page, Place
from tests.support.stores import Stored

WANTED = (
    Filter(),
    Filter(decoy="files01"),
    Filter(kind="command"),
    Filter(lure="ssh"),
    Filter(address="192.0.2.7"),
    Filter(session="s"),
    Filter(decoy="files01", kind="command", lure="ssh"),
)


def commands(store: Stored, *numbers: int, lure: str = "ssh") -> None:
    """Store commands, numbered."""
    store.write(*(Command(command=f"run {number}") for number in numbers), session="s", lure=lure)
    store.bring()


def summaries(page: Page[Record]) -> list[str]:
    """Return what a page says."""
    return [stored.record.body.summary() for stored in page.items]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_pages_are_complete_and_without_doubles_while_records_arrive(store: Stored, wanted: Filter) -> None:
    commands(store, *range(10))
    place: Place | None = None
    seen: list[str] = []
    for turn in range(5):
        page = listing.records(store.ingest.connection, store.box, wanted, behind=place, limit=2)
        seen += summaries(page)
        place = page.next
        commands(store, 100 + turn)
    assert seen == [f"run {number}" for number in range(9, -1, -1)]
    page = listing.records(store.ingest.connection, store.box, wanted, behind=place, limit=2)
    assert (page.items, page.next) == ([], None)


def test_time_orders_by_what_happened(store: Stored) -> None:
    commands(store, *range(6))
    everything = listing.records(store.ingest.connection, store.box, Filter(), limit=10).items
    times = sorted(stored.record.at for stored in everything)
    wanted = Filter(since=times[1], until=times[4])
    first = listing.records(store.ingest.connection, store.box, wanted, limit=2)
    rest = listing.records(store.ingest.connection, store.box, wanted, behind=first.next, limit=2)
    assert summaries(first) + summaries(rest) == ["run 3", "run 2", "run 1"]
    nothing = Filter(since=times[5] + timedelta(seconds=1))
    assert listing.records(store.ingest.connection, store.box, nothing, limit=2) == Page([], None)


def test_page_ends_behind_its_portion_and_says_where_to_go_on(store: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PORTION", 4)
    commands(store, 1, lure="redis")
    commands(store, *range(2, 10))
    wanted = Filter(lure="redis", decoy="files01")
    seen: list[str] = []
    place: Place | None = None
    pages = 0
    while pages == 0 or place is not None:
        page = listing.records(store.ingest.connection, store.box, wanted, behind=place, limit=2)
        seen += summaries(page)
        place, pages = page.next, pages + 1
    assert (seen, pages) == (["run 1"], 3)


def test_text_is_looked_for_in_what_a_list_shows(store: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    commands(store, *range(30))
    store.write(Credential(mechanism="password", username="Ärger", accepted=False), secret=b"hidden")
    store.bring()

    def found(text: str) -> list[str]:
        return summaries(listing.records(store.ingest.connection, store.box, Filter(), text=text, limit=50))

    assert found("RUN 17") == ["run 17"]
    assert len(found("ärger")) == 1
    assert len(found("192.0.2.")) == 31
    assert found("hidden") == []
    monkeypatch.setattr(listing, "SEARCHED", 10)
    page = listing.records(store.ingest.connection, store.box, Filter(), text="run 5", limit=50)
    assert (page.items, page.next is None) == ([], False)


def test_sessions_go_on_behind_their_place(store: Stored) -> None:
    for number in range(7):
        peer = Endpoint(address=f"192.0.2.{number % 2}", port=1)
        store.write(Opened(), session=f"s{number}", decoy="d", lure="ssh", peer=peer)
        store.bring()
    filters: tuple[dict[str, Any], ...] = ({}, {"decoy": "d"}, {"lure": "ssh"}, {"decoy": "d", "lure": "ssh"})
    for wanted in filters:
        first = listing.conversations(store.ingest.connection, limit=4, behind=None, **wanted)
        store.write(Opened(), session="late" + str(wanted), decoy="late", lure="http")
        store.bring()
        rest = listing.conversations(store.ingest.connection, behind=first.next, limit=4, **wanted)
        assert [one.id for one in first.items + rest.items] == [f"s{number}" for number in range(6, -1, -1)], wanted
    assert listing.conversations(store.ingest.connection, limit=9, recorded=True).items == []
    store.ingest.connection.execute("UPDATE session SET recording = 'x' WHERE peer_address = '192.0.2.1'")
    filters = ({"address": "192.0.2.1"}, {"recorded": True}, {"address": "192.0.2.1", "recorded": True})
    for wanted in filters:
        first = listing.conversations(store.ingest.connection, limit=2, **wanted)
        rest = listing.conversations(store.ingest.connection, limit=2, behind=first.next, **wanted)
        assert [one.id for one in first.items + rest.items] == ["s5", "s3", "s1"], wanted


def test_attackers_go_on_behind_their_place(store: Stored) -> None:
    for number in range(5):
        store.write(Opened(), peer=Endpoint(address=f"192.0.2.{number}", port=1))
        store.bring()
    first = listing.attackers(store.ingest.connection, limit=3)
    rest = listing.attackers(store.ingest.connection, behind=first.next, limit=3)
    assert [one.address for one in first.items + rest.items] == [f"192.0.2.{number}" for number in range(4, -1, -1)]
    assert rest.next is None


def test_no_list_scans_a_table_or_sorts(store: Stored) -> None:
    """SQLite's own plan of every query: by an index, in its order."""
    connection: sqlite3.Connection = store.ingest.connection
    names = ("decoy", "lure", "kind", "address", "session", "since", "until", "recorded", "id", "spool", "at")
    values = dict.fromkeys(names, "x") | {"before": 1, "portion": 1, "limit": 1, "numbers": "[1]"}
    for name in listing._QUERIES.available_queries:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {getattr(listing._QUERIES, name).sql}", values).fetchall()
        steps = [step for *_, step in plan if "json_each" not in step]
        assert not [step for step in steps if "TEMP B-TREE" in step], (name, steps)
        assert not [step for step in steps if step.startswith("SCAN") and "LIST SUBQUERY" not in step], (name, steps)
