# SPDX-License-Identifier: MIT
"""A lure gets the socket that it asks for, or is told at once that there is none; nothing stays open on either side."""

import asyncio
import socket
from pathlib import Path

import pytest

from decnet.config.model import Agent
from decnet.engine import borrower as borrowing_of
from decnet.engine.borrower import Borrower
from decnet.engine.messages import Deny, Grant, HandoverError, Key, Message, Return
from tests.support.handover import Agents, borrowing, new_key, open_files, post, until


@pytest.fixture
def agents(tmp_path: Path) -> Agents:
    """Return an agent's end in a folder of its own."""
    return Agents(tmp_path / "handover.sock")


async def test_borrowed_socket_listens_and_is_free_when_it_was_given_back(agents: Agents) -> None:
    task = post(new_key())
    async with agents.lending(task) as lender, borrowing(agents.path) as relay:
        assert await relay.supplied(10)
        before = open_files()
        borrowed = await relay.borrow(task.key, 10)
        host, port = borrowed.listener.getsockname()
        assert host == task.key.address
        with socket.create_connection((host, port)):
            connection, _ = borrowed.listener.accept()
            connection.close()
        borrowed.give_back()
        borrowed.give_back()
        await until(lambda: lender.counters["data_sockets"] == 0)
        assert open_files() == before
        assert relay.borrowed == {"data_granted": 1, "data_denied": 0}


async def test_denial_says_why_and_is_counted(agents: Agents) -> None:
    async with agents.lending() as lender, borrowing(agents.path) as relay:
        await relay.connected()
        with pytest.raises(HandoverError, match=r"192\.0\.2\.1:1 is no socket of a decoy"):
            await relay.borrow(Key("192.0.2.1", 1), 10)
        assert relay.borrowed["data_denied"] == lender.counters["data_refused"] == 1


async def test_who_asks_too_often_waits_instead_of_failing(agents: Agents) -> None:
    task = post(new_key())
    agents.bounds = Agent(data_sockets_per_second=20)
    async with agents.lending(task) as lender, borrowing(agents.path) as relay:
        await relay.connected()
        for _ in range(45):
            (await relay.borrow(task.key, 10)).give_back()
        assert relay.borrowed == {"data_granted": 45, "data_denied": 0}
        assert lender.counters["data_refused"] > 0


async def test_without_an_agent_there_is_no_socket(agents: Agents) -> None:
    async with borrowing(agents.path) as relay:
        with pytest.raises(HandoverError, match="there is no agent"):
            await relay.borrow(Key("192.0.2.1", 1), 10)


async def test_agent_of_the_version_before_is_not_asked(agents: Agents) -> None:
    """It would take the question for a broken protocol, and end the connection."""
    task = post(new_key())
    async with agents.lending(task) as lender, borrowing(agents.path, versions=(1,)) as relay:
        await relay.connected()
        with pytest.raises(HandoverError, match="there is no agent"):
            await relay.borrow(task.key, 10)
        assert lender.visitor_pid > 0


async def test_door_stays_open_while_the_agent_is_away(agents: Agents) -> None:
    task = post(new_key())
    async with borrowing(agents.path) as relay:
        async with agents.lending(task):
            await relay.connected()
            borrowed = await relay.borrow(task.key, 10)
        with socket.create_connection(borrowed.listener.getsockname()):
            borrowed.listener.accept()[0].close()
        borrowed.give_back()


class Mute:
    """An agent that is asked and answers when the test says so."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.borrower = Borrower(self.send)

    async def send(self, message: Message) -> bool:
        self.said.append(message)
        return True


def listening() -> tuple[socket.socket, Key]:
    """Return a socket that listens, and its key."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, Key(*listener.getsockname())


async def test_socket_that_comes_when_nobody_waits_any_more_is_returned() -> None:
    mute, before = Mute(), open_files()
    asking = asyncio.get_running_loop().create_task(mute.borrower.borrow(Key("127.0.0.1", 1), 10))
    await until(lambda: bool(mute.said))
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    listener, key = listening()
    mute.borrower.take(Grant(0, key), [listener.detach()])
    assert open_files() == before
    running = asyncio.get_running_loop().create_task(mute.borrower.run())
    await until(lambda: Return(0) in mute.said)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_socket_that_comes_as_the_asker_leaves_is_closed() -> None:
    mute, before = Mute(), open_files()
    asking = asyncio.get_running_loop().create_task(mute.borrower.borrow(Key("127.0.0.1", 1), 10))
    await until(lambda: bool(mute.said))
    listener, key = listening()
    mute.borrower.take(Grant(0, key), [listener.detach()])
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert open_files() == before


async def test_agent_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borrowing_of, "ANSWER_SECONDS", 0.01)
    with pytest.raises(HandoverError, match="did not answer"):
        await Mute().borrower.borrow(Key("127.0.0.1", 1), 10)


async def test_agent_that_leaves_answers_everybody() -> None:
    mute = Mute()
    asking = asyncio.get_running_loop().create_task(mute.borrower.borrow(Key("127.0.0.1", 1), 10))
    await until(lambda: bool(mute.said))
    mute.borrower.give_up()
    with pytest.raises(HandoverError, match="the agent left"):
        await asking


@pytest.mark.parametrize("wrong", ["address", "port", "descriptors"])
async def test_agent_that_lends_something_else_breaks_the_protocol(wrong: str) -> None:
    mute, before = Mute(), open_files()
    asking = asyncio.get_running_loop().create_task(mute.borrower.borrow(Key("127.0.0.1", 1), 10))
    await until(lambda: bool(mute.said))
    listener, key = listening()
    said: dict[str, Grant | Deny] = {
        "address": Grant(0, Key("127.0.0.2", key.port)),
        "port": Grant(0, Key("127.0.0.1", key.port + 1)),
        "descriptors": Deny(0, ""),
    }
    with pytest.raises(HandoverError):
        mute.borrower.take(said[wrong], [listener.detach()])
    assert open_files() == before
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
