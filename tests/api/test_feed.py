# SPDX-License-Identifier: MIT
"""The live feed sends every event once, in order, wherever it broke off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from decnet.api import feed
from decnet.api.feed import Beginning, beginning
from decnet.domain.evidence import Command
from decnet.events import FleetApplied
from decnet.store.database import connect
from tests.support.apis import Sent, Served, problem_of, sent, serving, take


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, streams=2) as found:
        yield found


def store(served: Served, *numbers: int) -> None:
    """Store records without telling the bus."""
    served.store.write(*(Command(command=f"run {number}") for number in numbers))
    served.store.bring()


async def heard(served: Served, count: int, **parameters: Any) -> list[Sent]:
    """Return the first events of a new stream."""
    client = await served.viewer()
    headers = {"last-event-id": str(parameters.pop("last"))} if "last" in parameters else {}
    stream = client.stream("GET", "/events", params=parameters, headers=headers)
    async with stream as response, aclosing(sent(response)) as events:
        return await take(events, count)


async def test_stream_begins_now_and_goes_on_where_it_broke_off(served: Served) -> None:
    store(served, 1, 2)
    hello = (await heard(served, 1))[0]
    assert (hello.event, hello.id, hello.data) == ("hello", "3", {"sequence": 3})
    again = await heard(served, 4, last=0)
    assert [event.id for event in again] == ["0", "1", "2", "3"]
    assert [event.event for event in again[1:]] == ["EvidenceStored", "EvidenceStored", "AttackerObserved"]
    assert again[1].data["topic"] == "evidence.ssh.command"
    assert again[1].data["payload"]["address"] == "192.0.2.7"
    assert [event.id for event in await heard(served, 2, after=2)] == ["2", "3"]
    assert (await heard(served, 1, after=2, last=3))[0].id == "3", "a browser that reconnects says both"


async def test_lost_message_of_the_bus_costs_time_and_no_event(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look of every other second finds it, before the stream says that it is alive."""
    monkeypatch.setattr(feed, "ALIVE_SECONDS", 1000.0)
    client = await served.viewer()
    async with client.stream("GET", "/events") as response, aclosing(sent(response)) as events:
        await take(events, 1)
        store(served, *range(5))
        found = await take(events, 6)
    assert [event.id for event in found] == ["1", "2", "3", "4", "5", "6"]


async def test_record_comes_with_its_event_where_that_is_asked_for(served: Served) -> None:
    store(served, 7)
    event = (await heard(served, 2, after=0, detail="evidence"))[1]
    assert event.data["evidence"]["summary"] == "run 7"
    assert "body" not in event.data["evidence"]
    with_nothing = (await heard(served, 2, after=0))[1]
    assert "evidence" not in with_nothing.data


async def test_what_the_agent_did_passes_without_a_number(served: Served) -> None:
    client = await served.viewer()
    async with client.stream("GET", "/events") as response, aclosing(sent(response)) as events:
        await take(events, 1)
        await served.bus.publish(FleetApplied(host="here", revision=3, decoys=5))
        told = (await take(events, 1))[0]
    assert (told.event, told.id, told.data["payload"]["revision"]) == ("FleetApplied", None, 3)


async def test_stream_that_cannot_begin_where_it_was_asked_to_says_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    store(served, *range(9))
    path = served.store.config.paths.store
    with closing(connect(path)) as connection:
        assert beginning(connection, None) == beginning(connection, 10) == Beginning(10)
        assert beginning(connection, 11) == Beginning(10, "unknown")
        connection.execute("DELETE FROM event WHERE sequence < 5")
        assert beginning(connection, 4) == Beginning(4)
        assert beginning(connection, 3) == Beginning(4, "too-old")
        monkeypatch.setattr(feed, "REPLAYED", 5)
        assert beginning(connection, 4) == Beginning(10, "too-many")
        connection.execute("DELETE FROM event")
        assert beginning(connection, 9) == Beginning(10, "too-old")
    told = await heard(served, 2, last=9)
    assert told[1].event == "gap"
    assert (told[1].id, told[1].data) == ("10", {"asked": 9, "begins": 10, "reason": "too-old"})


async def test_too_many_streams_are_refused_and_those_that_end_make_room(served: Served) -> None:
    client = await served.viewer()
    async with client.stream("GET", "/events") as one, client.stream("GET", "/events") as two:
        streams = [sent(one), sent(two)]
        for stream in streams:
            await take(stream, 1)
        assert problem_of(await client.get("/events"), 429) == "too-many-requests"
    async with asyncio.timeout(20):
        while served.worker._desk.feed.streams:
            await client.get("/health")
    assert (await heard(served, 1))[0].event == "hello"


async def test_stream_ends_when_its_token_does_and_lives_by_comments(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "ALIVE_SECONDS", 0.1)
    client = await served.viewer()
    async with client.stream("GET", "/events") as response:
        lines = response.aiter_lines()
        async with asyncio.timeout(20):
            while (await anext(lines)) != ": alive":
                pass
            served.store.ingest.connection.execute("DELETE FROM token")
            assert [line async for line in lines if line and not line.startswith(":")] == []


async def test_who_is_not_welcome_any_more_is_sent_nothing_however_much_comes(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attackers decide how long there is always one more event."""
    monkeypatch.setattr(feed, "ALIVE_SECONDS", 0.0)
    store(served, *range(5))

    async def is_welcome() -> bool:
        return False

    stream = served.worker._desk.feed.stream(0, with_evidence=False, is_welcome=is_welcome)
    assert b"EvidenceStored" not in b"".join([frame async for frame in stream])


async def test_stream_ends_with_the_api(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        client = await served.viewer()
        async with client.stream("GET", "/events") as response:
            events = sent(response)
            await take(events, 1)
            async with asyncio.timeout(20):
                served.worker._desk.feed.close()
                assert [event async for event in events] == []
