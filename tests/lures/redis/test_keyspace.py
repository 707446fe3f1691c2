# SPDX-License-Identifier: MIT
"""What an attacker writes is bounded, and ends when he said so."""

import time

import pytest

from decnet.lures.redis.keyspace import MAX_BYTES, MAX_KEYS, Database, Entry, Keyspace, List, Set, SortedSet
from decnet.lures.redis.resp import ReplyError


def test_key_that_has_ended_is_gone() -> None:
    database = Database()
    database.put(b"old", b"x", expires_at=time.time() - 1)
    database.put(b"young", b"y", expires_at=time.time() + 100)
    assert (database.entry(b"old"), database.names()) == (None, [b"young"])


def test_change_keeps_the_end_of_a_key_and_an_empty_collection_removes_it() -> None:
    database = Database()
    end = time.time() + 100
    database.put(b"k", List([b"a"]), expires_at=end)
    database.change(b"k", List([b"a", b"b"]))
    entry = database.entry(b"k")
    assert entry is not None
    assert entry.expires_at == end
    database.change(b"k", List())
    assert database.entry(b"k") is None


def test_value_of_another_type_is_refused() -> None:
    database = Database()
    database.put(b"k", Set({b"a": None}))
    with pytest.raises(ReplyError, match="WRONGTYPE"):
        database.get(b"k", List)


def test_members_are_ordered_by_score_then_by_name() -> None:
    assert SortedSet({b"b": 1.0, b"a": 1.0, b"c": 0.0}).ordered() == [(b"c", 0.0), (b"a", 1.0), (b"b", 1.0)]


def test_bytes_and_keys_are_bounded_and_room_comes_back() -> None:
    keyspace = Keyspace()
    keyspace.database(0).put(b"big", b"x" * (MAX_BYTES - 10_000))
    keyspace.charge(1)
    with pytest.raises(ReplyError, match="OOM"):
        keyspace.charge(MAX_BYTES)
    keyspace.database(0).entries.clear()
    keyspace.freed()
    keyspace.charge(1)
    keyspace.database(3).entries.update({b"%d" % number: _entry() for number in range(MAX_KEYS + 1)})
    keyspace.freed()
    with pytest.raises(ReplyError, match="OOM"):
        keyspace.charge(1)


def _entry() -> Entry:
    return Entry(b"")
