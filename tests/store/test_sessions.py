# SPDX-License-Identifier: MIT
"""A session is summed up over batches, and belongs to one spool."""

import pytest

from decnet.domain.evidence import Closed, Command, File, Opened, Recording
from decnet.store import sessions
from tests.support.spools import origin
from tests.support.stores import Stored

RECORDING = Recording(sha256="11" * 32, size=1, seconds=2.0)


def test_session_is_summed_up_and_closed_over_batches(store: Stored) -> None:
    place = origin(session="s1")
    for body in (Opened(), Command(command="id"), File(path="x", direction="upload", sha256="", size=0), RECORDING):
        writer = store.spooled().open()
        writer.record(place, body)
        writer.close()
        store.bring()
    found = sessions.get(store.ingest.connection, "s1")
    assert found is not None
    name = store.box.blob_name("11" * 32)
    assert (found.records, found.commands, found.files, found.recording, found.closed_at) == (4, 1, 1, name, None)
    writer = store.spooled().open()
    writer.record(place, Closed(reason="time", seconds=1.0))
    writer.close()
    store.bring()
    ended = sessions.get(store.ingest.connection, "s1")
    assert ended is not None
    assert (ended.reason, ended.closed_at is not None, ended.recording, ended.origin) == ("time", True, name, place)


def test_host_cannot_write_into_the_session_of_another(store: Stored) -> None:
    for host in ("localhost", "far"):
        writer = store.spooled(host).open()
        writer.record(origin(session="same"), Command(command=host))
        writer.close()
    store.bring()
    assert [found.records for found in sessions.newest(store.ingest.connection, limit=9)] == [1, 1]


@pytest.mark.parametrize("column", ["address", "decoy", "lure", "recorded"])
def test_narrow_lists_use_an_index(store: Stored, column: str) -> None:
    """A list of one decoy must not read a million sessions."""
    query = getattr(sessions._QUERIES, f"newest_by_{column}").sql
    parameters = {"address": None, "decoy": None, "lure": None, "recorded": 0, "limit": 1}
    plan = str(store.ingest.connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall())
    assert f"USING INDEX session_{column}" in plan
    assert "TEMP B-TREE" not in plan


def test_list_is_narrowed(store: Stored) -> None:
    store.write(Opened(), session="a", decoy="one")
    store.write(Opened(), RECORDING, session="b", lure="redis")
    store.bring()
    connection = store.ingest.connection
    assert [found.id for found in sessions.newest(connection, limit=9, recorded=True)] == ["b"]
    assert [found.id for found in sessions.newest(connection, limit=9, decoy="one")] == ["a"]
    assert [found.id for found in sessions.newest(connection, limit=9, lure="redis")] == ["b"]
    assert sessions.newest(connection, limit=9, address="192.0.2.99") == []
    assert [found.id for found in sessions.newest(connection, limit=1)] == ["b"]
    assert sessions.get(connection, "c") is None
