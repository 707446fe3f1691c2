# SPDX-License-Identifier: MIT
"""What every bus does, whatever carries it: one suite for the UNIX socket, the memory bus and, where it fits, the null bus."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from decnet.bus.bus import Bus
from decnet.bus.factory import get_bus
from decnet.bus.wire import MAX_BODY
from decnet.config.model import Bus as Settings
from decnet.errors import BusError
from decnet.events import AttackerObserved, FleetChanged, MessagesDropped, encode
from tests.support.buses import DEADLINE_SECONDS, first, publish_numbers, serving, take
from tests.support.workers import config, connected

Join = Callable[[str], Awaitable[Bus]]
QUEUE_COUNT = 64


@pytest.fixture(params=["unix", "memory"])
async def join(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Join]:
    """Return what connects a client of a name to one bus."""
    settings = config(tmp_path, bus=Settings(transport=request.param, queue_count=QUEUE_COUNT))
    async with AsyncExitStack() as stack:
        if request.param == "unix":
            await stack.enter_async_context(serving(settings.paths.bus_socket))
        yield lambda name: stack.enter_async_context(connected(get_bus(settings, name)))


async def test_event_reaches_who_subscribed_it(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe("fleet.*")
    before = datetime.now(UTC)
    await publisher.publish(FleetChanged(revision=7))
    message = await first(subscription)
    assert subscriber.decode(message) == FleetChanged(revision=7)
    assert (message.topic, message.body) == ("fleet.changed", encode(FleetChanged(revision=7)))
    assert abs((message.at - before).total_seconds()) < DEADLINE_SECONDS
    assert message.at.tzinfo is UTC


async def test_message_says_who_sent_it(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe(">")
    await publish_numbers(publisher, "a.b", range(1))
    sender = (await first(subscription)).sender
    assert sender.client == "alice"
    assert sender.pid > 0


async def test_ids_grow(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe(">")
    await publish_numbers(publisher, "a.b", range(5))
    ids = [(await first(subscription)).id for _ in range(5)]
    assert ids == sorted(set(ids))


async def test_messages_of_one_publisher_keep_their_order_over_topics(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe(">")
    for number in range(30):
        await publish_numbers(publisher, f"a.t{number % 3}", range(number, number + 1))
    assert await take(subscription, 30) == list(range(30))


async def test_publisher_does_not_hear_itself(join: Join) -> None:
    publisher, other = await join("alice"), await join("bob")
    own = await publisher.subscribe(">")
    await publish_numbers(publisher, "a.b", range(1))
    await publish_numbers(other, "a.b", range(1, 2))
    assert await take(own, 1) == [1]


async def test_each_subscription_gets_an_event_once_and_overlapping_ones_too(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscriptions = [await subscriber.subscribe(pattern) for pattern in ("a.b", "a.*", "a.>", "a.b")]
    await publish_numbers(publisher, "a.b", range(2))
    for subscription in subscriptions:
        assert await take(subscription, 2) == [0, 1]


async def test_what_was_not_subscribed_does_not_arrive(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe("a.b.>")
    await publish_numbers(publisher, "a.b", range(1))
    await publish_numbers(publisher, "a.b.c", range(1, 2))
    assert await take(subscription, 1) == [1]


async def test_closed_subscription_ends_and_the_others_go_on(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    closed, kept = await subscriber.subscribe("a.b"), await subscriber.subscribe("a.b")
    await closed.close()
    await closed.close()
    await publish_numbers(publisher, "a.b", range(1))
    assert await take(kept, 1) == [0]
    with pytest.raises(StopAsyncIteration):
        await first(closed)


async def test_pattern_can_be_subscribed_again(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    await (await subscriber.subscribe("a.b")).close()
    again = await subscriber.subscribe("a.b")
    await publish_numbers(publisher, "a.b", range(1))
    assert await take(again, 1) == [0]


async def test_slow_reader_loses_the_oldest_and_is_told(join: Join) -> None:
    """The newest stay, the rest is counted, and the hook is called so that the reader can catch up from the store."""
    publisher, subscriber = await join("alice"), await join("bob")
    told = asyncio.Event()

    async def hook() -> None:
        told.set()

    subscriber.on_gap(hook)
    subscription = await subscriber.subscribe("a.b")
    watch = await subscriber.subscribe("a.end")
    await publish_numbers(publisher, "a.b", range(3 * QUEUE_COUNT))
    await publish_numbers(publisher, "a.end", range(1))
    await take(watch, 1)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await told.wait()
    dropped = subscriber.counters["dropped"]
    assert dropped >= 2 * QUEUE_COUNT
    expected = list(range(3 * QUEUE_COUNT))[dropped:]
    assert await take(subscription, len(expected)) == expected


async def test_services_are_held_to_their_rows_of_the_catalogue(join: Join) -> None:
    agent = await join("agent")
    with pytest.raises(BusError, match=r"agent may not publish attacker\.observed"):
        await agent.publish(AttackerObserved(address="192.0.2.1", at=datetime.now(UTC), decoy="d"))
    with pytest.raises(BusError, match="agent may not subscribe >"):
        await agent.subscribe(">")
    subscription = await agent.subscribe("fleet.changed")
    await (await join("bob")).publish(FleetChanged(revision=1))
    assert agent.decode(await first(subscription)) == FleetChanged(revision=1)


async def test_malformed_subjects_are_refused_where_they_are_used(join: Join) -> None:
    bus = await join("alice")
    with pytest.raises(BusError):
        await bus.publish_raw("a.*", b"{}")
    with pytest.raises(BusError):
        await bus.subscribe("a..b")


async def test_body_of_a_mebibyte_arrives_and_a_longer_one_is_refused(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe("a.b")
    body = b'{"x":"' + b"y" * (MAX_BODY - 8) + b'"}'
    await publisher.publish_raw("a.b", body)
    assert (await first(subscription)).body == body
    with pytest.raises(BusError):
        await publisher.publish_raw("a.b", body + b" ")


async def test_body_that_is_no_event_is_counted_against_its_sender(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe("a.b")
    await publisher.publish_raw("a.b", b"[]")
    await publisher.publish_raw("a.b", b'{"type":"FleetChanged","payload":{"revision":"many"}}')
    message = await first(subscription)
    assert message.body.startswith(b"{"), "what is no object goes no further"
    with pytest.raises(BusError):
        subscriber.decode(message)
    assert subscriber.counters["malformed"] == 2


async def test_counters_count(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe("a.b")
    await publish_numbers(publisher, "a.b", range(3))
    await take(subscription, 3)
    assert publisher.counters == {"published": 3, "received": 0, "dropped": 0, "reconnects": 0, "malformed": 0}
    assert subscriber.counters == {"published": 0, "received": 3, "dropped": 0, "reconnects": 0, "malformed": 0}


async def test_close_ends_every_subscription_after_what_is_waiting(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription, watch = await subscriber.subscribe("a.b"), await subscriber.subscribe("a.end")
    await publish_numbers(publisher, "a.b", range(2))
    await publish_numbers(publisher, "a.end", range(1))
    await take(watch, 1)
    await subscriber.close()
    assert await take(subscription, 2) == [0, 1]
    with pytest.raises(StopAsyncIteration):
        await first(subscription)


async def test_what_was_published_before_close_arrives(join: Join) -> None:
    publisher, subscriber = await join("alice"), await join("bob")
    subscription = await subscriber.subscribe("a.b")
    await publish_numbers(publisher, "a.b", range(20))
    await publisher.close()
    assert await take(subscription, 20) == list(range(20))


@pytest.mark.parametrize("transport", ["null", "memory"])
async def test_bus_without_a_server_is_connected_at_once(transport: str, tmp_path: Path) -> None:
    bus = get_bus(config(tmp_path, bus=Settings(transport=transport)), "alice")  # type: ignore[arg-type]  # parametrised
    await bus.connected()
    await bus.publish(MessagesDropped(count=1, total=1))
    await bus.close()


async def test_null_bus_stays_silent_and_counts(tmp_path: Path) -> None:
    """Nobody asks whether there is a bus: the null bus takes everything that is well formed."""
    async with connected(get_bus(config(tmp_path, bus=Settings(transport="null")), "alice")) as bus:
        subscription = await bus.subscribe(">")
        await bus.publish(FleetChanged(revision=1))
        with pytest.raises(BusError):
            await bus.publish_raw("a.*", b"{}")
        with pytest.raises(BusError):
            await bus.subscribe("a..b")
        assert bus.counters["dropped"] == 1
        await bus.close()
        with pytest.raises(StopAsyncIteration):
            await first(subscription)


async def test_memory_buses_of_other_folders_do_not_meet(tmp_path: Path) -> None:
    here, there = (config(tmp_path / name, bus=Settings(transport="memory")) for name in ("here", "there"))
    subscription = await (one := get_bus(here, "alice")).subscribe(">")
    await publish_numbers(get_bus(there, "bob"), "a.b", range(1))
    await publish_numbers(get_bus(here, "bob"), "a.b", range(1, 2))
    assert await take(subscription, 1) == [1]
    await one.close()
