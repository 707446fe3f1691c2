# SPDX-License-Identifier: MIT
"""The server never waits for a slow subscriber, counts everything, and has room for no more than it was told."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
import pytest

from decnet.bus import connection as module
from decnet.bus.allowance import AT_ONCE_SECONDS
from decnet.bus.client import UnixBus
from decnet.bus.outbox import Outbox
from decnet.bus.server import RUSH
from decnet.bus.wire import frame_of
from decnet.events import BusMeasured, MessagesDropped, decode
from decnet.host.peer import Peer
from tests.support.buses import DEADLINE_SECONDS, RawClient, dialled, first, publish_numbers, serving, take
from tests.support.workers import connected

BODY = b'{"n":0,"x":"' + b"x" * 2000 + b'"}'


async def subscribe(client: RawClient, pattern: str) -> None:
    """Subscribe and wait for the answer."""
    client.say(frame_of("SUB", pattern))
    assert (await client.hear())[0] == f"SUB {pattern}"


async def test_event_reaches_a_connection_once_however_many_patterns_match(tmp_path: Path) -> None:
    async with serving(tmp_path / "bus.sock"), dialled(tmp_path / "bus.sock", "one") as reader:
        for pattern in ("a.b", "a.*", ">"):
            await subscribe(reader, pattern)
        async with dialled(tmp_path / "bus.sock", "two") as writer:
            writer.say(frame_of("PUB", "a.b", b"{}") + frame_of("PUB", "a.end", b"{}"))
            headers = [(await reader.hear())[0].split(" ")[1] for _ in range(2)]
    assert headers == ["a.b", "a.end"]


async def test_bursts_over_topics_with_requests_between_them_keep_their_order(tmp_path: Path) -> None:
    """The ways of topics change in the middle of one piece of the stream, by the sender's own requests too."""
    path = tmp_path / "bus.sock"
    async with serving(path), dialled(path, "all") as everything_, dialled(path, "some") as some, dialled(path, "w") as writer:
        await subscribe(everything_, ">")
        await subscribe(some, "a.*")
        one, two, none = (frame_of("PUB", topic, b"{}") for topic in ("a.b", "a.c", "b"))
        writer.say(one * 3 + two * 2 + none + one + frame_of("PING") * 2 + one + frame_of("SUB", "x") + one + none * 2)
        heard = [(await everything_.hear())[0].split(" ")[1] for _ in range(11)]
        picked = [(await some.hear())[0].split(" ")[1] for _ in range(8)]
        answers = [(await writer.hear())[0] for _ in range(3)]
    assert heard == ["a.b"] * 3 + ["a.c"] * 2 + ["b"] + ["a.b"] * 3 + ["b"] * 2
    assert picked == ["a.b"] * 3 + ["a.c"] * 2 + ["a.b"] * 3
    assert answers == ["PONG", "PONG", "SUB x"]


async def test_body_is_forwarded_byte_for_byte(tmp_path: Path) -> None:
    body = bytes(range(256))
    async with (
        serving(tmp_path / "bus.sock"),
        dialled(tmp_path / "bus.sock", "one") as reader,
        dialled(tmp_path / "bus.sock", "two") as writer,
    ):
        await subscribe(reader, "a")
        writer.say(frame_of("PUB", "a", body))
        assert (await reader.hear())[1] == body


async def test_routes_follow_unsubscribe_and_departure(tmp_path: Path) -> None:
    """The remembered way of a topic is worked out anew when anybody's subscriptions change."""
    path = tmp_path / "bus.sock"
    async with serving(path) as server, dialled(path, "one") as reader, dialled(path, "two") as writer:
        await subscribe(reader, "a")
        async with dialled(path, "three") as leaver:
            await subscribe(leaver, "a")
            writer.say(frame_of("PUB", "a", b"1"))
            assert (await leaver.hear())[1] == (await reader.hear())[1] == b"1"
            leaver.say(frame_of("BYE"))
            assert await leaver.hear_the_end() == []
        reader.say(frame_of("UNSUB", "a"))
        assert (await reader.hear())[0] == "UNSUB a"
        writer.say(frame_of("PUB", "a", b"2") + frame_of("PING"))
        assert (await writer.hear())[0] == "PONG"
        await subscribe(reader, "a")
        writer.say(frame_of("PUB", "a", b"3"))
        assert (await reader.hear())[1] == b"3"
        assert len(server._routes) == 1


async def test_stalled_subscriber_loses_the_oldest_is_told_and_blocks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with (
        serving(path, queue_count=50) as server,
        dialled(path, "stalled") as stalled,
        connected(UnixBus(path, "healthy")) as healthy,
        connected(UnixBus(path, "publisher")) as publisher,
    ):
        await subscribe(stalled, "a")
        stalled.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport is a socket's
        subscription = await healthy.subscribe("a")
        for number in range(1000):
            await publisher.publish_raw("a", b'{"n":%d,"x":"%b"}' % (number, b"x" * 2000))
            await take(subscription, 1)
        assert healthy.counters["dropped"] == 0
        dropped = server.measure().dropped
        assert 0 < dropped < 1000
        assert [each.allowance.spent for each in server.connections] == [0.0] * 3, "nobody waited for it"
        stalled.writer.transport.resume_reading()  # type: ignore[attr-defined]  # a stream's transport is a socket's
        received, announced = await everything(stalled, 999)
    assert announced == dropped
    assert len(received) == 1000 - dropped
    assert received[-50:] == list(range(950, 1000)), "the newest stay"
    assert received == sorted(received)


async def everything(client: RawClient, last: int) -> tuple[list[int], int]:
    """Return the numbers that arrive up to ``last``, and how many drops were announced."""
    numbers, announced, total = list[int](), 0, -1
    while not numbers or numbers[-1] != last or announced != total:
        header, body = await client.hear()
        if header.split(" ")[1] == MessagesDropped.topic_template:
            event = decode(body)
            assert isinstance(event, MessagesDropped)
            announced, total = announced + event.count, event.total
        else:
            numbers.append(orjson.loads(body)["n"])
    return numbers, announced


async def test_publisher_waits_a_moment_for_who_falls_behind_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a reader asks for a moment, everything is read in the end."""
    monkeypatch.setattr("decnet.bus.outbox.Outbox.put", asks_for_a_moment(Outbox.put))
    path = tmp_path / "bus.sock"
    async with serving(path) as server, dialled(path, "reader") as reader, dialled(path, "writer") as writer:
        await subscribe(reader, "a")
        for _ in range(5):
            writer.say(frame_of("PUB", "a", b"{}"))
            assert (await reader.hear())[1] == b"{}"
        writer.say(frame_of("PUB", "a", b"{}") + frame_of("BYE"))
        assert (await reader.hear())[1] == b"{}"
        assert await writer.hear_the_end() == []
        assert server.measure().dropped == 0


async def test_reader_who_is_always_behind_cannot_slow_a_publisher_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the allowance is spent the publisher is read without a pause, however the reader goes on."""
    monkeypatch.setattr("decnet.bus.allowance.SHARE", 0.0)
    monkeypatch.setattr("decnet.bus.outbox.Outbox.put", asks_for_a_moment(Outbox.put))
    path = tmp_path / "bus.sock"
    async with serving(path) as server, dialled(path, "reader") as reader, dialled(path, "writer") as writer:
        await subscribe(reader, "a")
        publisher = next(each for each in server.connections if each.name == "writer")
        spent = [0.0]
        while len(spent) < 20 or spent[-1] != spent[-20]:
            assert len(spent) < 2 * AT_ONCE_SECONDS / module.PACE_SECONDS, "it is paced for ever"
            writer.say(frame_of("PUB", "a", b"{}"))
            await reader.hear()
            spent.append(publisher.allowance.spent)
    assert spent[-1] >= AT_ONCE_SECONDS


def asks_for_a_moment(put: Callable[[Outbox, Sequence[bytes], int], bool]) -> Callable[[Outbox, Sequence[bytes], int], bool]:
    """Return ``put``, but of a reader who is always behind."""

    def always_behind(outbox: Outbox, frames: Sequence[bytes], size: int) -> bool:
        put(outbox, frames, size)
        return True

    return always_behind


async def test_memory_is_given_back_once_when_a_rush_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = list[int]()
    async with serving(tmp_path / "bus.sock") as server:
        monkeypatch.setattr("decnet.bus.server.give_back", lambda: given_back.append(server.last_id))
        for last_id in (10, 10, RUSH, 2 * RUSH, 2 * RUSH, 2 * RUSH, 2 * RUSH + 10, 2 * RUSH + 10):
            server.last_id = last_id
            server.tidy()
    assert given_back == [2 * RUSH]


async def test_queue_is_bounded_by_bytes_too(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with (
        serving(path, queue_bytes=100_000) as server,
        dialled(path, "stalled") as stalled,
        connected(UnixBus(path, "publisher")) as publisher,
    ):
        await subscribe(stalled, "a")
        stalled.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport is a socket's
        for _ in range(2000):
            await publisher.publish_raw("a", BODY)
        await publisher.flush()  # type: ignore[attr-defined]  # the UNIX bus can do this
        waiting = {row["client"]: row["waiting"] for row in server.measure().clients}
        assert 0 < int(waiting["stalled"]) <= 100_000 // len(BODY)


async def test_client_hears_of_drops_and_calls_its_hooks(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    told = asyncio.Event()

    async def hook() -> None:
        told.set()

    async with (
        serving(path, queue_count=10),
        connected(UnixBus(path, "slow")) as slow,
        connected(UnixBus(path, "publisher")) as publisher,
    ):
        slow.on_gap(hook)
        await slow.subscribe("a")
        slow._link.transport.pause_reading()  # type: ignore[attr-defined]  # what a busy process does to its socket
        for _ in range(1000):
            await publisher.publish_raw("a", BODY)
        await publisher.flush()  # type: ignore[attr-defined]  # the UNIX bus can do this
        slow._link.transport.resume_reading()  # type: ignore[attr-defined]  # the process looks again
        async with asyncio.timeout(DEADLINE_SECONDS):
            await told.wait()
        assert slow.counters["dropped"] > 0


async def test_stats_come_at_once_to_whoever_asks(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with (
        serving(path),
        connected(UnixBus(path, "operator")) as operator,
        connected(UnixBus(path, "publisher")) as publisher,
    ):
        await publish_numbers(publisher, "a", range(3))
        await publisher.flush()  # type: ignore[attr-defined]  # the UNIX bus can do this
        event = operator.decode(await first(await operator.subscribe(BusMeasured.pattern)))
    assert isinstance(event, BusMeasured)
    assert (event.connections, event.subscriptions, event.received, event.delivered) == (2, 1, 3, 0)
    assert {row["client"]: row["received"] for row in event.clients} == {"operator": 0, "publisher": 3}


async def test_counters_outlive_the_clients(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path) as server:
        async with dialled(path, "brief") as brief:
            brief.say(frame_of("PUB", "a", b"{}") + frame_of("BYE"))
            assert await brief.hear_the_end() == []
        measured = server.measure()
    assert (measured.connections, measured.received) == (0, 1)


async def test_connections_are_capped(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path, connections=2), dialled(path, "one"), dialled(path, "two"), dialled(path) as third:
        assert await third.hear_the_end() == ["ERR full"]


async def test_stranger_cannot_take_all_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path, connections=8), dialled(path, "ours"):
        monkeypatch.setattr(module, "peer_of", lambda _: Peer(uid=1234, gid=1234, pid=1))
        async with dialled(path, "one"), dialled(path, "two"), dialled(path) as third:
            assert await third.hear_the_end() == ["ERR full"]


async def test_patterns_are_capped_for_each_client(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path, patterns=2), dialled(path, "greedy") as greedy:
        await subscribe(greedy, "a")
        await subscribe(greedy, "b")
        await subscribe(greedy, "b")
        greedy.say(frame_of("SUB", "c"))
        assert await greedy.hear_the_end() == ["ERR subscribe c"]


async def test_stop_tells_the_clients_and_removes_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path) as server, dialled(path, "one") as client:
        await server.stop()
        assert await client.hear_the_end() == ["ERR stop"]
        assert names_in(tmp_path) == []


def names_in(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [file.name for file in folder.iterdir()]
