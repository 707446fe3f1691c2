# SPDX-License-Identifier: MIT
"""A decoys service that somebody took over gets sockets of decoys alone, on few ports, few at a time, and none for long."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from decnet.config.model import Agent
from decnet.engine.handover import Channel, close_all
from decnet.engine.lender import Lender
from decnet.engine.listener import open_listener
from decnet.engine.loans import Bucket, Loans
from decnet.engine.messages import Ask, Deny, Grant, HandoverError, Hello, Key, Message, Offer, Return, Serve
from decnet.engine.visitor import Holding, Parcel
from tests.support.handover import Agents, new_key, open_files, post, until

WIDE = Agent(data_sockets=100, data_sockets_per_decoy=100, data_sockets_per_second=1000)


@pytest.fixture
def agents(tmp_path: Path) -> Agents:
    """Return an agent's end in a folder of its own."""
    return Agents(tmp_path / "handover.sock")


def holding(key: Key, name: str = "web") -> Holding:
    """Return a socket that was lent for good; nobody looks at the socket itself."""
    return Holding(post(key, name), socket.socket())


@asynccontextmanager
async def lending(bounds: Agent, *keys: Key, names: tuple[str, ...] = ("web",)) -> AsyncIterator[Loans]:
    """Lend beside these sockets until the block ends, and see that nothing stays open."""
    before = open_files()
    held = {key: holding(key, names[place % len(names)]) for place, key in enumerate(keys)}
    loans = Loans(held, bounds)
    try:
        yield loans
    finally:
        loans.end()
        for one in held.values():
            one.listener.close()
        assert open_files() == before


def granted(answer: Parcel | Deny) -> Key:
    """Return the key of a socket that was granted."""
    assert isinstance(answer, Parcel), answer
    assert isinstance(answer.message, Grant)
    return answer.message.key


def denied(answer: Parcel | Deny) -> str:
    """Return why there is no socket."""
    assert isinstance(answer, Deny), answer
    return answer.reason


async def test_socket_is_opened_on_the_address_of_its_decoy_in_the_range_of_ports() -> None:
    beside = new_key()
    bounds = Agent(first_data_port=40000, data_ports=50)
    async with lending(bounds, beside) as loans:
        key = granted(loans.ask(Ask(1, beside, 10)))
        assert key.address == beside.address
        assert 40000 <= key.port < 40050
        with socket.create_connection(key):
            pass
        assert loans.counters["data_opened"] == len(loans) == 1


async def test_ipv6_decoy_gets_its_socket_on_ipv6() -> None:
    beside = Key("::1", 1)
    async with lending(WIDE, beside) as loans:
        assert granted(loans.ask(Ask(1, beside, 10))).address == "::1"


async def test_addresses_that_are_no_decoys_are_denied_and_counted() -> None:
    beside = new_key()
    async with lending(WIDE, beside) as loans:
        for other in (Key("127.0.0.1", beside.port), Key(beside.address, beside.port + 1), Key("0.0.0.0", 0), Key("", 1)):
            assert "is no socket of a decoy" in denied(loans.ask(Ask(1, other, 10)))
        assert loans.counters["data_refused"] == 4


async def test_one_decoy_and_all_together_have_so_many_at_a_time() -> None:
    first, second, third = (new_key() for _ in range(3))
    bounds = Agent(data_sockets=3, data_sockets_per_decoy=2)
    async with lending(bounds, first, second, third, names=("one", "two", "three")) as loans:
        for number in range(2):
            granted(loans.ask(Ask(number, first, 10)))
        assert "one has 2 sockets" in denied(loans.ask(Ask(2, first, 10)))
        granted(loans.ask(Ask(3, second, 10)))
        assert "all decoys have 3" in denied(loans.ask(Ask(4, third, 10)))
        loans.give_back(0)
        granted(loans.ask(Ask(5, third, 10)))
        assert len(loans) == 3


async def test_flood_is_told_when_to_come_again() -> None:
    beside, other = new_key(), new_key()
    bounds = Agent(data_sockets_per_second=5, data_sockets=1000, data_sockets_per_decoy=1000)
    async with lending(bounds, beside, other, names=("one", "two")) as loans:
        answers = [loans.ask(Ask(number, beside, 10)) for number in range(50)]
        late = [answer for answer in answers if isinstance(answer, Deny)]
        assert 35 <= len(late) <= 40
        assert all(0 < answer.wait_seconds <= 0.2 for answer in late)
        granted(loans.ask(Ask(99, other, 10)))


async def test_socket_ends_at_its_deadline_for_everybody_who_has_a_copy() -> None:
    """A decoys service that keeps its copy has a socket that accepts nothing."""
    beside = new_key()
    async with lending(WIDE, beside) as loans:
        answer = loans.ask(Ask(1, beside, 0.05))
        key = granted(answer)
        assert isinstance(answer, Parcel)
        with answer.listener.dup() as copy:
            await until(lambda: len(loans) == 0)
            assert loans.counters["data_expired"] == 1
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(key)
            with pytest.raises(OSError, match="Invalid argument"):
                copy.accept()


async def test_ports_that_are_taken_are_passed_over_and_none_left_is_a_denial() -> None:
    beside = new_key()
    with open_listener(Key(beside.address, 40100)):
        async with lending(Agent(first_data_port=40100, data_ports=1), beside) as loans:
            assert "in use" in denied(loans.ask(Ask(1, beside, 10)))
        async with lending(Agent(first_data_port=40100, data_ports=4), beside) as loans:
            assert granted(loans.ask(Ask(1, beside, 10))).port in (40101, 40102, 40103)


async def test_range_ends_where_ports_end() -> None:
    beside = new_key()
    async with lending(Agent(first_data_port=65535, data_ports=28232), beside) as loans:
        assert granted(loans.ask(Ask(1, beside, 10))).port == 65535


async def test_withdrawn_sockets_take_their_loans_with_them() -> None:
    first, second = new_key(), new_key()
    async with lending(WIDE, first, second) as loans:
        gone, stays = (granted(loans.ask(Ask(number, key, 10))) for number, key in enumerate((first, second)))
        loans.end_beside([first])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(gone)
        socket.create_connection(stays).close()


async def test_kernel_that_refuses_is_a_denial() -> None:
    beside = new_key()
    held = {beside: holding(beside)}

    def full(_: Key, __: int) -> socket.socket:
        raise OSError(24, "Too many open files")

    assert "Too many open files" in denied(Loans(held, WIDE, full).ask(Ask(1, beside, 10)))
    held[beside].listener.close()


async def test_number_that_is_in_use_is_a_broken_protocol() -> None:
    beside = new_key()
    async with lending(WIDE, beside) as loans:
        granted(loans.ask(Ask(1, beside, 10)))
        with pytest.raises(HandoverError, match="asked twice"):
            loans.ask(Ask(1, beside, 10))


def test_bucket_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("decnet.engine.loans.time.monotonic", lambda: now[0])
    bucket = Bucket(10)
    for _ in range(20):
        assert bucket.wait_seconds() == 0
        bucket.take()
    assert bucket.wait_seconds() == pytest.approx(0.1)
    now[0] += 0.1
    assert bucket.wait_seconds() == pytest.approx(0, abs=1e-6)


# over the hand-over socket itself, with a peer that does what it likes


async def dial(agents: Agents) -> Channel:
    """Return a connection that was welcomed and has been handed over everything."""
    connection = socket.socket(socket.AF_UNIX)
    connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    await asyncio.get_running_loop().sock_connect(connection, str(agents.path))
    channel = Channel(connection)
    await channel.send(Hello([1, 2], "x"))
    await channel.receive()
    await channel.send(Offer([], last=True))
    while (heard := await hear(channel)) != Serve([]):
        assert isinstance(heard, Serve)
    return channel


async def hear(channel: Channel) -> Message:
    """Return the next message, its descriptors closed."""
    message, descriptors = await asyncio.wait_for(channel.receive(), 20)
    close_all(descriptors)
    return message


async def gone(lender: Lender, channel: Channel) -> None:
    """Wait until the agent has let go of its peer."""
    await until(lambda: lender.visitor_pid == 0)
    channel.close()


async def test_peer_is_given_the_socket_and_gives_it_back(agents: Agents) -> None:
    task = post(new_key())
    async with agents.lending(task) as lender:
        channel = await dial(agents)
        await channel.send(Ask(7, task.key, 10))
        message, (descriptor,) = await channel.receive()
        assert isinstance(message, Grant)
        assert message.number == 7
        assert lender.counters["data_sockets"] == 1
        os.close(descriptor)
        await channel.send(Return(7))
        await until(lambda: lender.counters["data_sockets"] == 0)
        open_listener(message.key).close()
        channel.close()


async def test_peer_that_leaves_takes_its_loans_with_it(agents: Agents) -> None:
    task = post(new_key())
    async with agents.lending(task) as lender:
        before = open_files()
        channel = await dial(agents)
        await channel.send(Ask(7, task.key, 600))
        message = await hear(channel)
        assert isinstance(message, Grant)
        channel.close()
        await until(lambda: len(lender.loans) == 0 and lender.visitor_pid == 0)
        open_listener(message.key).close()
        await until(lambda: open_files() == before)


async def ask_for_ever(channel: Channel) -> None:
    """Ask, and never listen."""
    while True:
        await channel.send(Ask(0, Key("192.0.2.1", 1), 1))


async def test_peer_that_asks_and_never_listens_is_left(agents: Agents, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is bounded: the connection ends instead of the agent's memory."""
    monkeypatch.setattr("decnet.engine.visitor.LONGEST_QUEUE", 100)
    async with agents.lending() as lender:
        channel = await dial(agents)
        with pytest.raises(OSError, match=r"Broken pipe|Connection reset"):
            await asyncio.wait_for(ask_for_ever(channel), 60)
        await gone(lender, channel)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 601.0, float("nan"), float("inf")])
async def test_peer_cannot_have_a_socket_for_ever(agents: Agents, seconds: float) -> None:
    task = post(new_key())
    async with agents.lending(task) as lender:
        channel = await dial(agents)
        await channel.send(Ask(7, task.key, seconds))
        await gone(lender, channel)
        assert lender.counters["data_opened"] == 0


@pytest.mark.parametrize("said", [Grant(1, Key("127.0.0.1", 1)), Deny(1, "")])
async def test_what_only_an_agent_says_ends_the_connection(agents: Agents, said: Message) -> None:
    async with agents.lending() as lender:
        channel = await dial(agents)
        await channel.send(said)
        await gone(lender, channel)


async def test_return_of_what_was_never_lent_does_no_harm(agents: Agents) -> None:
    task = post(new_key())
    async with agents.lending(task):
        channel = await dial(agents)
        await channel.send(Return(99))
        await channel.send(Ask(7, task.key, 10))
        assert isinstance(await hear(channel), Grant)
        channel.close()
