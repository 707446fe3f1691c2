# SPDX-License-Identifier: MIT
"""A door lets in the peer of its session, once; strangers are evidence; it never stays open behind its session."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from decnet.domain.evidence import Endpoint, Origin
from decnet.engine.departure import hang_up
from decnet.errors import HostError
from decnet.lures.door import MAX_STRANGERS, Door
from decnet.lures.lure import Session
from tests.support.handover import open_files, until
from tests.support.lures import MemoryPen, lending

HOST = "127.0.0.1"


@dataclass
class Visit:
    """A session whose peer is 127.0.0.1, its pen, and the peer's end of its connection."""

    session: Session
    pen: MemoryPen
    peer: socket.socket


@asynccontextmanager
async def visiting(byte_limit: int = 1 << 20, *, lends: bool = True) -> AsyncIterator[Visit]:
    """Have a session until the block ends, and see that nothing of it stays open."""
    before = open_files()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    pen, end = MemoryPen(), Endpoint(address=HOST, port=1)
    origin = Origin(decoy="d", lure="l", session="s", peer=end, local=end)
    lend = lending(HOST) if lends else None
    session = Session(connection=ours, origin=origin, pen=pen, idle_seconds=5, byte_limit=byte_limit, lend=lend)
    yield Visit(session, pen, theirs)
    hang_up(session)
    theirs.close()
    await until(lambda: open_files() == before)


async def ended(client: socket.socket) -> bool:
    """Say whether the other end is gone."""
    client.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    try:
        async with asyncio.timeout(10):
            return not await asyncio.get_running_loop().sock_recv(client, 1)
    except ConnectionError:
        return True


def knock(door: Door, source: str = HOST) -> socket.socket:
    """Connect to a door."""
    return socket.create_connection((door.endpoint.address, door.endpoint.port), 10, (source, 0))


async def test_peer_is_let_in_once_and_his_bytes_count_on_the_session() -> None:
    async with visiting() as visit, await Door.open(visit.session) as door:
        with knock(door) as client:
            passage = await door.accept(10)
            assert passage
            assert not door.is_open
            client.sendall(b"hello")
            assert await passage.fill()
            assert await passage.send(b"good day")
            assert (passage.take(9), client.recv(99)) == (b"hello", b"good day")
            assert (visit.session.received, visit.session.sent) == (5, 8)
            passage.close()
            assert await ended(client)
        with pytest.raises(ConnectionRefusedError):
            knock(door)


async def test_what_comes_by_the_door_is_bounded_like_the_session() -> None:
    async with visiting(byte_limit=10) as visit, await Door.open(visit.session) as door:
        with knock(door) as client:
            passage = await door.accept(10)
            assert passage
            client.sendall(bytes(100))
            assert not await passage.fill()
            assert visit.session.reason == "bytes"
            passage.close()


async def test_stranger_is_turned_away_and_recorded_and_the_peer_still_gets_in() -> None:
    async with visiting() as visit, await Door.open(visit.session) as door:
        with knock(door, "127.0.0.9") as stranger:
            assert await door.accept(10) is None
            assert stranger.recv(1) == b""
            shown = f"127.0.0.9:{stranger.getsockname()[1]}"
        assert door.strangers == 1
        [violation] = visit.pen.bodies("violation")
        assert (violation.reason, violation.data) == ("data connection from another address", shown)
        with knock(door):
            passage = await door.accept(10)
            assert passage
            passage.close()


async def test_door_that_only_strangers_come_to_is_closed() -> None:
    async with visiting() as visit, await Door.open(visit.session) as door:
        for _ in range(MAX_STRANGERS):
            with knock(door, "127.0.0.9"):
                assert await door.accept(10) is None
        assert not door.is_open
        assert await door.accept(10) is None


async def test_nobody_who_comes_is_nobody() -> None:
    async with visiting() as visit, await Door.open(visit.session) as door:
        assert await door.accept(0.01) is None
        assert door.is_open


async def test_door_closes_when_its_time_is_over_and_whoever_waits_is_told() -> None:
    async with visiting() as visit:
        door = await Door.open(visit.session, 0.05)
        assert await asyncio.wait_for(door.accept(20), 10) is None
        assert not door.is_open


async def test_door_and_passage_end_with_the_session() -> None:
    async with visiting() as visit:
        first, second = await Door.open(visit.session), await Door.open(visit.session)
        client = knock(first)
        passage = await first.accept(10)
        assert passage
        waiting = asyncio.get_running_loop().create_task(second.accept(20))
        await asyncio.sleep(0)
        hang_up(visit.session)
        assert await asyncio.wait_for(waiting, 10) is None
        assert not second.is_open
        assert await ended(client)
        client.close()


async def test_door_that_the_agent_shut_lets_nobody_in() -> None:
    async with visiting() as visit, await Door.open(visit.session) as door:
        waiting = asyncio.get_running_loop().create_task(door.accept(20))
        await asyncio.sleep(0)
        with socket.socket(fileno=door._loan.listener.dup().detach()) as copy:
            copy.shutdown(socket.SHUT_RDWR)
        assert await asyncio.wait_for(waiting, 10) is None


async def test_session_to_which_nobody_lends_has_no_door() -> None:
    async with visiting(lends=False) as visit:
        with pytest.raises(HostError, match="nobody lends"):
            await Door.open(visit.session)
