# SPDX-License-Identifier: MIT
"""What was to be said arrives, for a moment; a connection is closed once, by whoever has it."""

import asyncio
import socket

import pytest

from decnet.domain.evidence import Endpoint, Origin
from decnet.engine import departure
from decnet.lures.lure import Session
from tests.support.handover import until
from tests.support.lures import MemoryPen


def session(connection: socket.socket) -> Session:
    """Return a session on a connection."""
    connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    end = Endpoint(address="192.0.2.1", port=1)
    origin = Origin(decoy="d", lure="l", session="s", peer=end, local=end)
    return Session(connection=connection, origin=origin, pen=MemoryPen(), idle_seconds=1, byte_limit=1)


async def test_last_words_arrive_before_the_end() -> None:
    ours, theirs = socket.socketpair()
    talk = session(ours)
    _, writer = await talk.open_stream()
    writer.write(bytes(3_000_000))
    reader, other = await asyncio.open_connection(sock=theirs)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(departure.let_go(talk))
        assert len(await asyncio.wait_for(reader.read(), 10)) == 3_000_000
    other.close()
    await other.wait_closed()


async def test_client_that_does_not_listen_is_left_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departure, "FLUSH_SECONDS", 0.05)
    ours, theirs = socket.socketpair()
    talk = session(ours)
    _, writer = await talk.open_stream()
    writer.write(bytes(30_000_000))
    await asyncio.wait_for(departure.let_go(talk), 10)
    assert writer.transport.is_closing()
    await until(lambda: ours.fileno() == -1)
    theirs.close()


async def test_bare_socket_is_closed_and_the_other_end_sees_it() -> None:
    ours, theirs = socket.socketpair()
    departure.hang_up(session(ours))
    assert ours.fileno() == -1
    assert theirs.recv(1) == b""
    theirs.close()


async def test_socket_of_a_transport_is_left_to_the_transport() -> None:
    """Closing it under the event loop would give its number to the next client."""
    ours, theirs = socket.socketpair()
    lost = asyncio.Event()

    class Listening(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own signature
            lost.set()

    await asyncio.get_running_loop().connect_accepted_socket(Listening, ours)
    departure.hang_up(session(ours))
    await asyncio.wait_for(lost.wait(), 10)
    assert theirs.recv(1) == b""
    theirs.close()
