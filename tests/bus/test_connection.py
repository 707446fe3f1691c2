# SPDX-License-Identifier: MIT
"""One hostile client is told why and closed, in one log line, and a healthy pair beside it notices nothing."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decnet.bus import connection as module
from decnet.bus.bus import Bus, Subscription
from decnet.bus.client import UnixBus
from decnet.bus.server import BusServer
from decnet.bus.wire import MAX_BODY, frame_of
from decnet.errors import HostError
from decnet.host.peer import Peer
from decnet.version import VERSION
from tests.support.buses import DEADLINE_SECONDS, dialled, publish_numbers, serving, take
from tests.support.workers import connected


@dataclass
class Pair:
    """Two clients that keep exchanging messages."""

    server: BusServer
    publisher: Bus
    subscription: Subscription
    path: Path
    sent: int = 0

    async def exchange(self, count: int = 10) -> None:
        """Send and receive, and miss nothing."""
        await publish_numbers(self.publisher, "a.b", range(self.sent, self.sent + count))
        assert await take(self.subscription, count) == list(range(self.sent, self.sent + count))
        self.sent += count


@asynccontextmanager
async def pair_on(path: Path) -> AsyncIterator[Pair]:
    """Give a bus with a healthy pair on it."""
    async with (
        serving(path) as server,
        connected(UnixBus(path, "alice")) as publisher,
        connected(UnixBus(path, "bob")) as subscriber,
    ):
        yield Pair(server, publisher, await subscriber.subscribe("a.b"), path)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    """Return a bus with a healthy pair on it, which still exchanges when the test is over."""
    async with pair_on(tmp_path / "bus.sock") as found:
        yield found
        await found.exchange()
        assert found.publisher.counters["reconnects"] == 0


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Return the log from warnings on."""
    caplog.set_level(logging.WARNING)
    return caplog


HELLO = frame_of("HELLO", "mallory")
ATTACKS = {
    "body of 1 MiB + 1": b"PUB a.b\n" + (MAX_BODY + 1).to_bytes(4, "big") + b"x" * (MAX_BODY + 1),
    "header not ASCII": "PUB ä.b\n".encode() + b"\0\0\0\0",
    "header that never ends": b"P" * 5000,
    "NUL in the header": b"PUB a\0b\n\0\0\0\0",
    "empty header": b"\n\0\0\0\0",
    "unknown verb": frame_of("STEAL", "a.b"),
    "verb of the server": frame_of("EVT", "a.b 1 1 0 1 - root", b"{}"),
    "second HELLO": HELLO,
    "topic with a wildcard": frame_of("PUB", "a.*", b"{}"),
    "pattern with an empty token": frame_of("SUB", "a..b"),
    "pattern too deep": frame_of("SUB", ".".join("a" * 40)),
    "another protocol": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
async def test_attacker_gets_err_and_is_closed_in_one_line(attack: bytes, pair: Pair, lines: pytest.LogCaptureFixture) -> None:
    await pair.exchange()
    async with dialled(pair.path, "mallory") as attacker:
        attacker.say(attack)
        assert (await attacker.hear_the_end())[-1] == "ERR protocol"
    await pair.exchange()
    assert [record.name for record in lines.records] == ["decnet.bus.complaints"]
    assert "Traceback" not in lines.text


async def test_hundred_attacks_make_one_line(pair: Pair, lines: pytest.LogCaptureFixture) -> None:
    for _ in range(100):
        async with dialled(pair.path, "mallory") as attacker:
            attacker.say(frame_of("STEAL"))
            assert await attacker.hear_the_end() == ["ERR protocol"]
    assert len(lines.records) == 1
    assert pair.server.measure().refused == 100


async def test_whoever_does_not_greet_first_is_refused(pair: Pair) -> None:
    async with dialled(pair.path) as attacker:
        attacker.say(frame_of("SUB", ">"))
        assert await attacker.hear_the_end() == ["ERR protocol"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=6), greets=st.booleans())
def test_garbage_in_any_chunks_disturbs_nobody(chunks: list[bytes], greets: bool, tmp_path: Path) -> None:  # noqa: FBT001 - drawn
    async def attack() -> None:
        async with pair_on(tmp_path / "bus.sock") as pair, dialled(pair.path, "mallory" if greets else "") as attacker:
            for chunk in chunks:
                attacker.say(chunk)
                await pair.exchange(1)
            attacker.writer.write_eof()
            assert all(header.startswith(("ERR", "PONG", "SUB", "EVT")) for header in await attacker.hear_the_end())
            await pair.exchange(1)

    asyncio.run(attack())


@pytest.mark.parametrize(
    ("said", "seconds", "expected"),
    [
        (b"", 6, "ERR hello"),
        (b"HEL", 6, "ERR hello"),
        (HELLO + b"PUB a.b\n\0\0\0\x10{", 11, "ERR protocol"),
        (HELLO, 61, "ERR idle"),
    ],
    ids=["says nothing", "half a greeting", "a frame that is never complete", "silence for ever"],
)
async def test_client_that_keeps_the_server_waiting_is_closed(said: bytes, seconds: int, expected: str, pair: Pair) -> None:
    """Time is told to the server, not waited for."""
    known = set(pair.server.connections)
    async with dialled(pair.path) as slow:
        slow.say(said or b"")
        (connection,) = await arrived(pair, known, bool(said))
        now = asyncio.get_running_loop().time()
        connection.check(now)
        connection.check(now + seconds)
        assert (await slow.hear_the_end())[-1] == expected


async def arrived(pair: Pair, known: set[module.Connection], has_spoken: bool) -> set[module.Connection]:  # noqa: FBT001 - a condition
    """Return the connections that are new, once the server has taken what they said: the pair's messages come after it."""
    while True:
        await pair.exchange(1)
        new = pair.server.connections - known
        if new and (not has_spoken or all(each._heard_at > each._begun_at for each in new)):
            return new


async def test_trickle_does_not_keep_a_frame_open_for_ever(pair: Pair) -> None:
    """A slow loris: each byte is a sign of life, but the frame is as old as its first byte."""
    known = set(pair.server.connections)
    async with dialled(pair.path, "loris") as loris:
        loris.say(b"PUB a.b\n\0\0\x10\0")
        (connection,) = await arrived(pair, known, has_spoken=True)
        now = asyncio.get_running_loop().time()
        for second in range(11):
            loris.say(b"x")
            await pair.exchange(1)
            connection.check(now + second)
        connection.check(now + 12)
        assert await loris.hear_the_end() == ["ERR protocol"]


async def test_idle_client_is_asked_and_stays_when_it_answers(pair: Pair) -> None:
    known = set(pair.server.connections)
    async with dialled(pair.path, "quiet") as quiet:
        (connection,) = pair.server.connections - known
        connection.check(connection._heard_at + 31)
        connection.check(connection._heard_at + 32)
        assert (await quiet.hear())[0] == "PING"
        heard_at = connection._heard_at
        quiet.say(frame_of("PONG") + frame_of("PING"))
        assert (await quiet.hear())[0] == "PONG"
        assert connection._heard_at > heard_at


async def test_client_that_asks_and_never_reads_is_cut_off(pair: Pair) -> None:
    """Answers are never dropped, so they have to be bounded otherwise."""
    async with dialled(pair.path, "deaf") as deaf:
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport is a socket's
        before = len(pair.server.connections)
        try:
            while len(pair.server.connections) == before:
                deaf.say(frame_of("PING") * 10_000)
                await asyncio.wait_for(deaf.writer.drain(), DEADLINE_SECONDS)
        except ConnectionError:
            pass
    await pair.exchange()


async def test_greeting_names_instance_version_and_limits(pair: Pair) -> None:
    async with dialled(pair.path) as client:
        client.say(HELLO)
        header, body = await client.hear()
    greeting = orjson.loads(body)
    assert header == f"HELLO {pair.server.instance}"
    assert greeting["version"] == VERSION
    assert greeting["limits"]["body"] == MAX_BODY


async def test_sender_is_who_the_kernel_says(pair: Pair) -> None:
    """A client chooses its name and nothing else of the header."""
    async with dialled(pair.path, "watcher") as watcher, dialled(pair.path, "decnet-api") as liar:
        watcher.say(frame_of("SUB", ">"))
        assert (await watcher.hear())[0] == "SUB >"
        liar.say(frame_of("PUB", "a.c", b'{"uid":12345}'))
        header, body = await watcher.hear()
    verb, topic, number, at, uid, pid, unit, client = header.split(" ")
    assert (verb, topic, unit, client) == ("EVT", "a.c", "-", "decnet-api")
    assert (int(uid), int(pid)) == (os.geteuid(), os.getpid())
    assert int(number) > 0
    assert int(at) > 10**15
    assert body == b'{"uid":12345}'


@pytest.fixture
def as_peer(monkeypatch: pytest.MonkeyPatch) -> "list[Peer]":
    """Return a list whose last entry is who the kernel says that the next client is."""
    peers: list[Peer] = [Peer(uid=0, gid=0, pid=1)]
    monkeypatch.setattr(module, "peer_of", lambda _: peers[-1])
    return peers


def unit(name: str, uid: int = 990) -> Peer:
    """Return a process of one of our units."""
    return Peer(uid=uid, gid=uid, pid=4711, unit=f"decnet-{name}.service")


STRANGER = Peer(uid=1234, gid=1234, pid=4711, unit="session-2.scope")


@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        (unit("agent"), frame_of("SUB", "evidence.>"), "ERR subscribe evidence.>"),
        (unit("agent"), frame_of("SUB", "fleet.*"), "ERR subscribe fleet.*"),
        (unit("agent"), frame_of("PUB", "evidence.ssh.login", b"{}"), "ERR publish evidence.ssh.login"),
        (unit("agent", uid=0), frame_of("PUB", "system.ingester.health", b"{}"), "ERR publish system.ingester.health"),
        (unit("ingester"), frame_of("PUB", "system.agent.control", b"{}"), "ERR publish system.agent.control"),
        (unit("unheard-of"), frame_of("SUB", "a"), "ERR subscribe a"),
        (STRANGER, frame_of("PUB", "a", b"{}"), "ERR publish a"),
    ],
)
async def test_policy_refuses_what_the_row_does_not_grant(
    peer: Peer, said: bytes, expected: str, tmp_path: Path, as_peer: list[Peer]
) -> None:
    async with serving(tmp_path / "bus.sock") as server:
        as_peer.append(peer)
        async with dialled(server._endpoint.path, "ingester") as client:
            client.say(said)
            assert await client.hear_the_end() == [expected]
        assert server.measure().refused == 1


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        (unit("agent"), frame_of("SUB", "fleet.changed")),
        (unit("ingester"), frame_of("PUB", "evidence.ssh.login", b"{}")),
        (Peer(uid=0, gid=0, pid=4711, unit="cron.service"), frame_of("PUB", "system.agent.control", b"{}")),
        (STRANGER, frame_of("SUB", ">")),
    ],
)
async def test_policy_grants_the_row(peer: Peer, said: bytes, tmp_path: Path, as_peer: list[Peer]) -> None:
    async with serving(tmp_path / "bus.sock") as server:
        as_peer.append(peer)
        async with dialled(server._endpoint.path, "anyone") as client:
            client.say(said + frame_of("PING"))
            assert (await client.hear())[0] in ("PONG", said.decode("ascii").partition("\n")[0])
        assert server.measure().refused == 0


async def test_client_that_is_gone_before_it_is_known_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> Peer:
        raise HostError("gone")

    monkeypatch.setattr(module, "peer_of", gone)
    async with serving(tmp_path / "bus.sock") as server, dialled(server._endpoint.path) as client:
        assert await client.hear_the_end() == []
        assert not server.connections


async def test_fault_of_the_server_costs_one_client(
    pair: Pair, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one guard: whatever goes wrong for a client ends with this client."""
    async with dialled(pair.path, "unlucky") as unlucky:
        with monkeypatch.context() as patched:
            patched.setattr(pair.server, "subscribe", lambda *_: 1 / 0)
            unlucky.say(frame_of("SUB", "a"))
            assert await unlucky.hear_the_end() == []
    assert "ZeroDivisionError" in lines.text
    await pair.exchange()
