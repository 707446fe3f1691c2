# SPDX-License-Identifier: MIT
"""Every socket has two holders: whoever comes back gets it from the other, nobody else gets one, and none leaks."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from decnet.domain.evidence import now
from decnet.engine.handover import Channel
from decnet.engine.lender import Lender
from decnet.engine.listener import open_listener
from decnet.engine.messages import End, HandoverError, Hello, Key, Message, Offer, Post, Relayed, Serve, Welcome
from decnet.errors import InUseError
from decnet.events import FleetChanged, HealthReported, encode
from decnet.host.peer import Peer
from tests.support.handover import Agents, borrowing, new_key, open_files, post, until


@pytest.fixture
def agents(tmp_path: Path) -> Agents:
    """Return an agent's end in a folder of its own."""
    return Agents(tmp_path / "handover.sock")


class Visitors:
    """What a decoys service would be given."""

    def __init__(self) -> None:
        self.doors: dict[Key, tuple[Post, socket.socket]] = {}

    def put(self, task: Post, listener: socket.socket) -> None:
        self.doors[task.key] = (task, listener)

    async def drop(self, keys: list[Key]) -> None:
        for key in keys:
            self.doors.pop(key, None)


async def dial(path: Path) -> Channel:
    """Return a bare connection to the agent."""
    connection = socket.socket(socket.AF_UNIX)
    connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    await asyncio.get_running_loop().sock_connect(connection, str(path))
    return Channel(connection)


async def say(channel: Channel, *said: Message) -> Message:
    """Send messages and return the first answer."""
    async with asyncio.timeout(20):
        for message in said:
            await channel.send(message)
        return (await channel.receive())[0]


async def test_borrower_is_given_every_socket_with_its_task(agents: Agents) -> None:
    posts, visitors = [post(new_key(), f"d{number}") for number in range(150)], Visitors()
    async with agents.lending(*posts), borrowing(agents.path) as relay:
        relay.attach(visitors.put, visitors.drop)
        await until(lambda: len(visitors.doors) == len(posts))
        assert [visitors.doors[task.key][0] for task in posts] == posts


async def test_socket_that_is_lent_accepts_in_both_processes(agents: Agents) -> None:
    task, visitors = post(new_key()), Visitors()
    async with agents.lending(task), borrowing(agents.path) as relay:
        relay.attach(visitors.put, visitors.drop)
        await until(lambda: bool(visitors.doors))
        with socket.create_connection(task.key):
            connection, _ = visitors.doors[task.key][1].accept()
            connection.close()


async def test_new_agent_gets_the_sockets_back_and_binds_nothing(agents: Agents) -> None:
    task, visitors = post(new_key()), Visitors()
    async with borrowing(agents.path) as relay:
        relay.attach(visitors.put, visitors.drop)
        async with agents.lending(task):
            await until(lambda: bool(visitors.doors))
        with pytest.raises(InUseError):
            open_listener(task.key)
        with socket.create_connection(task.key) as waiting:
            async with agents.lending() as lender:
                await until(lambda: task.key in lender.offered)
                listener = lender.take_offered(task.key)
                assert listener is not None
                lender.serve(task, listener)
                connection, _ = listener.accept()
                assert connection.getpeername() == waiting.getsockname()
                connection.close()


async def test_new_decoys_service_serves_who_waited_meanwhile(agents: Agents) -> None:
    task, visitors = post(new_key()), Visitors()
    async with agents.lending(task):
        async with borrowing(agents.path) as relay:
            await relay.connected()
        with socket.create_connection(task.key):
            async with borrowing(agents.path) as relay:
                relay.attach(visitors.put, visitors.drop)
                await until(lambda: bool(visitors.doors))
                visitors.doors[task.key][1].accept()[0].close()


async def test_sockets_that_nobody_wants_any_more_are_closed_on_both_sides(agents: Agents) -> None:
    task, visitors = post(new_key()), Visitors()
    async with borrowing(agents.path) as relay:
        relay.attach(visitors.put, visitors.drop)
        async with agents.lending(task):
            await until(lambda: bool(visitors.doors))
        async with agents.lending() as lender:
            await until(lambda: bool(lender.offered))
            await lender.settle()
            assert visitors.doors == {}
            open_listener(task.key).close()


async def test_withdrawn_port_is_free_when_withdraw_returns(agents: Agents) -> None:
    task, visitors = post(new_key()), Visitors()
    async with agents.lending(task) as lender, borrowing(agents.path) as relay:
        relay.attach(visitors.put, visitors.drop)
        await until(lambda: bool(visitors.doors))
        await lender.withdraw([task.key])
        assert visitors.doors == {}
        open_listener(task.key).close()


async def test_another_task_for_a_socket_keeps_the_socket(agents: Agents) -> None:
    task, visitors = post(new_key()), Visitors()
    async with agents.lending(task) as lender, borrowing(agents.path) as relay:
        relay.attach(visitors.put, visitors.drop)
        await until(lambda: bool(visitors.doors))
        before = visitors.doors[task.key][1]
        lender.serve(post(task.key, "other"))
        await until(lambda: visitors.doors[task.key][0].decoy.name == "other")
        assert visitors.doors[task.key][1] is before


async def test_nothing_leaks_when_either_side_comes_and_goes(agents: Agents) -> None:
    posts = [post(new_key(), f"d{number}") for number in range(5)]
    before = open_files()
    for _ in range(3):
        visitors = Visitors()
        async with borrowing(agents.path) as relay:
            relay.attach(visitors.put, visitors.drop)
            for _ in range(2):
                async with agents.lending() as lender:
                    await until(lambda: agents.arrived > 0)
                    for task in posts:
                        lender.serve(task, lender.take_offered(task.key) or open_listener(task.key))
                    await until(lambda: len(visitors.doors) == len(posts))  # noqa: B023 - as above
                agents.arrived = 0
    assert open_files() == before


async def test_stranger_is_refused_with_the_reason(agents: Agents) -> None:
    def nobody(peer: Peer) -> None:
        raise HandoverError(f"process {peer.pid} is a stranger")

    async with agents.lending(post(new_key()), admit=nobody) as lender:
        channel = await dial(agents.path)
        assert await say(channel, Hello([1], "x")) == End(f"process {os.getpid()} is a stranger")
        channel.close()
        assert lender.refused == 1
        assert lender.visitor_pid == 0


async def test_other_version_is_refused_with_both_versions(agents: Agents) -> None:
    async with agents.lending(post(new_key())):
        channel = await dial(agents.path)
        answer = await say(channel, Hello([99], "9.0"))
        channel.close()
        assert isinstance(answer, End)
        assert answer.reason == "the decoys service speaks the hand-over versions 99, the agent 1, 2"


async def test_second_decoys_service_is_refused_while_the_first_lives(agents: Agents) -> None:
    async with agents.lending(post(new_key())) as lender, borrowing(agents.path):
        await until(lambda: lender.visitor_pid > 0)
        channel = await dial(agents.path)
        answer = await say(channel, Hello([1], "x"))
        channel.close()
        assert answer == End(f"another decoys service is connected: process {os.getpid()}")


async def test_second_agent_is_refused_and_the_first_keeps_its_socket(agents: Agents) -> None:
    async with agents.lending(post(new_key())):
        code = await _start_elsewhere(agents.path)
        assert code == InUseError.exit_code
        async with borrowing(agents.path) as relay:
            await asyncio.wait_for(relay.connected(), 20)


async def _start_elsewhere(path: Path) -> int:
    """Start a lender in another process and return its exit code."""
    program = (
        "import sys, pathlib\n"
        "from decnet.engine.lender import Lender\n"
        "from decnet.errors import DecnetError\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "said = dict.fromkeys(('admit', 'publish', 'arrived', 'noted'), print)\n"
        "lender = Lender(path, path.with_suffix('.lock'), host='h', **said)\n"
        "try:\n    lender.start()\nexcept DecnetError as error:\n    sys.exit(error.exit_code)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))
    return await process.wait()


async def test_offered_descriptors_that_are_no_listeners_are_closed(agents: Agents) -> None:
    async with agents.lending() as lender:
        before = open_files()
        channel = await dial(agents.path)
        assert isinstance(await say(channel, Hello([1], "x")), Welcome)
        await channel.send(Offer([Key("127.0.0.1", 1), Key("127.0.0.1", 2)], last=True), [0, 1])
        await until(lambda: lender.visitor_pid > 0 and agents.arrived > 0)
        channel.close()
        await until(lambda: lender.visitor_pid == 0)
        assert (lender.offered, lender.refused) == ({}, 2)
        await until(lambda: open_files() == before)


@pytest.mark.parametrize("said", [Serve([]), Welcome(1, "x", "h"), Hello([1], "x"), Relayed("fleet.changed", "{}")])
async def test_what_only_an_agent_says_ends_the_connection(agents: Agents, said: Message) -> None:
    async with agents.lending() as lender:
        channel = await dial(agents.path)
        await say(channel, Hello([1], "x"))
        await channel.send(Offer([], last=True))
        await until(lambda: agents.arrived > 0)
        await channel.send(said)
        await until(lambda: lender.visitor_pid == 0)
        channel.close()


def health(service: str = "decoys") -> HealthReported:
    """Return a heartbeat."""
    return HealthReported(service=service, at=now(), pid=1, version="0")


@pytest.mark.parametrize("event", [health("agent"), FleetChanged(revision=9)])
async def test_borrower_cannot_speak_for_others(agents: Agents, event: HealthReported | FleetChanged) -> None:
    async with agents.lending() as lender, borrowing(agents.path) as relay:
        await relay.connected()
        await until(lambda: agents.arrived == 1)
        await relay.publish_raw(event.topic, encode(event))
        await until(lambda: agents.arrived == 2)
        assert agents.published == []
        assert isinstance(lender, Lender)


async def test_trouble_is_known_until_the_socket_is_served(agents: Agents) -> None:
    task = post(new_key())
    async with agents.lending(task) as lender, borrowing(agents.path) as relay:
        await relay.connected()
        await relay.report(task.key, "no such lure")
        await until(lambda: lender.troubles == {task.key: "no such lure"})
        await relay.report(Key("192.0.2.1", 1), "about nothing that is held")
        await relay.report(task.key, "")
        await until(lambda: lender.serving == {task.key})
        assert lender.troubles == {}
