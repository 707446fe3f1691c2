# SPDX-License-Identifier: MIT
"""What attackers leave on servers is bounded for each of them, for each lure and for the process."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from decnet.lures.sql.problem import SqlError
from decnet.lures.sql.world import MAX_BYTES, Database
from decnet.lures.sql.world import World as SqlWorld
from decnet.lures.worlds import TOTAL_BYTES, TOTAL_WORLDS, Room, Worlds


@dataclass
class Seen:
    """What an address sees."""

    address: str
    room: Room
    is_used: bool = False


def lure(most: int = 4, limit: int = TOTAL_BYTES) -> Worlds[Seen]:
    """Return the worlds of a lure."""
    return Worlds(most, lambda address: Seen(address, Room(limit)), lambda seen: not seen.is_used)


@pytest.fixture(autouse=True)
def nobody() -> Iterator[None]:
    """Begin and end without worlds."""
    Worlds._kept.clear()
    yield
    Worlds._kept.clear()


def test_world_outlasts_the_connection_and_the_oldest_idle_one_goes() -> None:
    worlds = lure()
    first, second = worlds.of("192.0.2.1"), worlds.of("192.0.2.2")
    first.is_used = True
    assert worlds.of("192.0.2.1") is first
    for number in range(3, 7):
        worlds.of(f"192.0.2.{number}")
    assert len(worlds) == 4
    assert worlds.known("192.0.2.1") is first
    assert worlds.known("192.0.2.2") is None
    assert worlds.of("192.0.2.2") is not second


def test_worlds_that_are_all_in_use_stay() -> None:
    worlds = lure(most=2)
    for number in range(5):
        worlds.of(f"192.0.2.{number}").is_used = True
    assert len(worlds) == 5


def test_lures_keep_to_their_own_worlds() -> None:
    one, other = lure(), lure()
    assert one.of("192.0.2.1") is not other.of("192.0.2.1")
    assert (len(one), len(other)) == (1, 1)


def test_room_is_bounded_and_comes_back() -> None:
    before = Room.total()
    room = Room(100)
    assert room.take(60)
    assert not room.take(41)
    assert (room.used, Room.total()) == (60, before + 60)
    room.recount(10)
    assert room.take(90)
    del room
    assert Room.total() == before


def test_full_process_forgets_idle_worlds_and_then_refuses() -> None:
    """One address that fills a world on every decoy gets no further than all others together."""
    lures = [lure() for _ in range(3)]
    share = (TOTAL_BYTES - Room.total()) // 3
    assert all(worlds.of("192.0.2.1").room.take(share) for worlds in lures)
    assert lures[0].of("192.0.2.9").room.take(TOTAL_BYTES // 8)
    assert lures[0].known("192.0.2.1") is None
    for worlds in lures:
        worlds.of("192.0.2.1").is_used = True
    assert not lures[1].of("192.0.2.1").room.take(TOTAL_BYTES)


def test_number_of_worlds_is_bounded_over_all_lures() -> None:
    lures = [lure() for _ in range(TOTAL_WORLDS + 20)]
    for worlds in lures:
        worlds.of("192.0.2.1")
    assert sum(map(len, lures)) == TOTAL_WORLDS


def test_databases_of_many_decoys_share_the_bound() -> None:
    full = [SqlWorld([Database("a")]) for _ in range(TOTAL_BYTES // MAX_BYTES)]
    with pytest.raises(SqlError):  # noqa: PT012 - where exactly depends on what other worlds keep
        for world in [*full, SqlWorld([Database("a")])]:
            world.charge(MAX_BYTES)
