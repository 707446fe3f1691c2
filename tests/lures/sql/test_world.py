# SPDX-License-Identifier: MIT
"""What an attacker sees is bounded, and a planted table is copied when he changes it."""

import pytest

from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import INTEGER
from decnet.lures.sql.world import MAX_BYTES, MAX_DATABASES, MAX_TABLES, Database, Key, Table, TableColumn, World


def table(name: str = "t", rows: int = 3) -> Table:
    """Return a shared table of numbers."""
    made = Table(name, [TableColumn("id", INTEGER, automatic=True)], keys=[Key("PRIMARY", ("id",), "PRI")], is_shared=True)
    made.make = lambda: [(number,) for number in range(1, rows + 1)]
    return made


def test_a_shared_table_is_copied_before_it_is_changed() -> None:
    planted = table()
    one, other = (World([Database("d", {"t": planted})]) for _ in range(2))
    own = one.writable("d", "t")
    assert own is not None
    own.rows = []
    assert one.table("d", "t") is own
    assert other.table("d", "t") is planted
    assert len(planted.rows) == 3
    assert own.next_automatic() == 4


def test_a_world_takes_no_more_than_it_may() -> None:
    world = World([Database("d")])
    with pytest.raises(SqlError) as error:
        world.charge(MAX_BYTES + 1)
    assert error.value.kind is Kind.NO_MEMORY
    for number in range(MAX_DATABASES - 1):
        world.add_database(f"d{number}")
    with pytest.raises(SqlError):
        world.add_database("another")
    for number in range(MAX_TABLES):
        world.add_table("d", table(f"t{number}"))
    with pytest.raises(SqlError):
        world.add_table("d", table("another"))


def test_unique_keys_know_what_is_taken() -> None:
    own = table().own_copy()
    assert own.unique_sets(lambda value: value) == {(0,): {(1,), (2,), (3,)}}
    assert own.index_of("ID") == 0
    assert own.index_of("x") is None
