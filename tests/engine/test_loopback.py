# SPDX-License-Identifier: MIT
"""The loopback engine makes exactly the sockets that are desired, and the failure of one decoy stops no other."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState
from decnet.engine.lender import Lender
from decnet.engine.listener import open_listener
from decnet.engine.loopback import LoopbackEngine, ground
from decnet.engine.messages import Key
from decnet.errors import InUseError
from tests.support.fleets import desired, state
from tests.support.handover import Agents, new_key, open_files


@pytest.fixture
def lender(tmp_path: Path) -> Iterator[Lender]:
    """Return a lender to whom nobody comes."""
    lender = Agents(tmp_path / "handover.sock").make()
    yield lender
    lender.stop()


@pytest.fixture
def engine(lender: Lender) -> LoopbackEngine:
    """Return an engine that may bind every port."""
    return LoopbackEngine(lender, port_shift=20000, first_port=0)


async def carry_out(engine: LoopbackEngine, wanted: DesiredState) -> None:
    """Do what has to be done."""
    for step in engine.plan(wanted, engine.observe()):
        await engine.apply(step)


def one(key: Key, name: str = "a", lure: str = "ssh") -> DesiredDecoy:
    """Return a decoy with one lure at a key."""
    return desired(name, DesiredLure(name=lure, port=key.port), addresses=(key.address,))


def listens(key: Key) -> bool:
    """Say whether somebody listens at a key."""
    with socket.socket() as client:
        return client.connect_ex(key) == 0


async def test_engine_makes_what_is_desired_and_then_nothing_is_left_to_do(engine: LoopbackEngine) -> None:
    one_key, other_key = new_key(), new_key()
    wanted = state(one(one_key), one(other_key, "b"))
    await carry_out(engine, wanted)
    assert engine.observe() == wanted
    assert engine.plan(wanted, engine.observe()) == ()
    assert listens(one_key)
    assert engine.places("b", "ssh") == (other_key,)


async def test_engine_takes_away_what_is_not_desired_any_more(engine: LoopbackEngine) -> None:
    key, before = new_key(), open_files()
    await carry_out(engine, state(one(key)))
    await carry_out(engine, state())
    assert engine.observe() == state()
    assert not listens(key)
    assert open_files() == before


async def test_changed_port_moves_the_lure_and_leaves_the_others(engine: LoopbackEngine, lender: Lender) -> None:
    key, next_key = new_key(), new_key()
    decoy = one(key)
    both = replace(decoy, lures=(*decoy.lures, DesiredLure(name="http", port=next_key.port)))
    await carry_out(engine, state(both))
    kept = lender.held[Key(key.address, key.port)].listener
    moved = replace(both, lures=(both.lures[0], DesiredLure(name="http", port=next_key.port + 1)))
    await carry_out(engine, state(moved))
    assert lender.held[Key(key.address, key.port)].listener is kept
    assert engine.places("a", "http") == (Key(key.address, next_key.port + 1),)


async def test_changed_options_change_the_task_of_the_same_socket(engine: LoopbackEngine, lender: Lender) -> None:
    key = new_key()
    decoy = one(key)
    await carry_out(engine, state(decoy))
    kept = lender.held[key].listener
    await carry_out(engine, state(replace(decoy, lures=(replace(decoy.lures[0], options={"x": "y"}),))))
    assert lender.held[key].listener is kept
    assert lender.held[key].post.options == {"x": "y"}


async def test_port_in_use_fails_one_decoy_and_the_others_come_up(engine: LoopbackEngine) -> None:
    taken, free = new_key(), new_key()
    wanted = state(one(taken), one(free, "b"))
    with open_listener(taken):
        await carry_out(engine, wanted)
        failure = engine.failures["a", "ssh"]
        assert failure.code == InUseError.exit_code
        assert f"somebody else listens on {taken.address}:{taken.port}: process " in failure.reason
        assert listens(free)
    await carry_out(engine, wanted)
    assert engine.failures == {}
    assert engine.observe() == wanted


async def test_two_decoys_that_change_places_are_right_after_the_second_look(engine: LoopbackEngine) -> None:
    one_key = new_key()
    other_key = Key(new_key().address, one_key.port)
    await carry_out(engine, state(one(one_key), one(other_key, "b")))
    wanted = state(one(other_key), one(one_key, "b"))
    await carry_out(engine, wanted)
    await carry_out(engine, wanted)
    assert engine.failures == {}
    assert (engine.places("a", "ssh"), engine.places("b", "ssh")) == ((other_key,), (one_key,))


async def test_decoy_on_both_families_listens_on_both(engine: LoopbackEngine) -> None:
    key = new_key()
    await carry_out(engine, state(desired("a", DesiredLure(name="ssh", port=key.port), addresses=(key.address, "::1"))))
    assert engine.places("a", "ssh") == (key, Key("::1", key.port))
    with socket.create_connection(("::1", key.port)):
        assert listens(key)


def test_ports_are_moved_only_where_they_may_not_be_bound(lender: Lender) -> None:
    unprivileged = LoopbackEngine(lender, port_shift=20000, first_port=1024)
    assert [unprivileged.port(port) for port in (22, 1023, 1024, 6379)] == [20022, 21023, 1024, 6379]
    privileged = LoopbackEngine(lender, port_shift=20000, first_port=0)
    assert privileged.port(22) == 22
    assert LoopbackEngine(lender, port_shift=0, first_port=1024).port(22) == 22


async def test_socket_that_the_decoys_service_brought_back_is_used_instead_of_a_new_one(
    engine: LoopbackEngine, lender: Lender
) -> None:
    key = new_key()
    offered = open_listener(key)
    lender.offered[key] = offered
    await carry_out(engine, state(one(key)))
    assert lender.held[key].listener is offered


async def test_destroy_leaves_nothing(engine: LoopbackEngine) -> None:
    key, before = new_key(), open_files()
    await carry_out(engine, state(one(key)))
    await engine.destroy()
    assert engine.observe() == state()
    assert open_files() == before


def test_ground_is_all_of_loopback_and_bounded_by_open_files() -> None:
    assert ground().networks == ("127.0.0.0/8", "::1/128")
    assert ground().capacity > 0
