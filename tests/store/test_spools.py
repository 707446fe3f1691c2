# SPDX-License-Identifier: MIT
"""The store remembers its place in each spool, and what was wrong there."""

from decnet.spool.reader import Damage, Position
from decnet.store import spools
from tests.support.stores import Stored


def test_place_is_kept_for_each_writer(store: Stored) -> None:
    connection = store.ingest.connection
    assert spools.get(connection, "h", "w") is None
    row = spools.enter(connection, "h", "w")
    assert (row.position, row.records) == (Position(), 0)
    spools.move(connection, row, Position(1, 2, 3), 5)
    spools.move(connection, row, Position(1, 9, 4), 1)
    spools.enter(connection, "h", "v")
    found = spools.get(connection, "h", "w")
    assert found is not None
    assert (found.position, found.records) == (Position(1, 9, 4), 6)
    assert [one.writer for one in spools.listed(connection)] == ["v", "w"]
    assert spools.last_stored(connection, row) == 0


def test_damage_fills_no_table_and_is_not_counted_twice(store: Stored) -> None:
    connection = store.ingest.connection
    for _ in range(2):
        spools.report(connection, "h", "w", [Damage(7, offset, "line", f"at {offset}", 2) for offset in range(1000)])
    (row,) = spools.damage(connection)
    assert (row.count, row.first_position, row.last_position, row.detail) == (2000, 0, 999, "at 0")
    assert spools.forget_damage(connection) == 1
    assert spools.damage(connection) == []
