# SPDX-License-Identifier: MIT
"""The decoys service's end: its only connection is a bus, and it is never mistaken for another's."""

import asyncio
import os
from pathlib import Path

import pytest

from decnet.domain.evidence import now
from decnet.engine.messages import HandoverError
from decnet.errors import BusError
from decnet.events import HealthReported, SpoolIngested, decode
from decnet.host.peer import Peer
from tests.support.handover import Agents, borrowing, new_key, post, until


@pytest.fixture
def agents(tmp_path: Path) -> Agents:
    """Return an agent's end in a folder of its own."""
    return Agents(tmp_path / "handover.sock")


def health(service: str = "decoys") -> HealthReported:
    """Return a heartbeat."""
    return HealthReported(service=service, at=now(), pid=1, version="0")


async def test_borrower_refuses_an_agent_that_is_none(agents: Agents) -> None:
    refused = asyncio.Event()

    def nobody(_: Peer) -> None:
        refused.set()
        raise HandoverError("that is no agent")

    async with agents.lending(post(new_key())) as lender, borrowing(agents.path, nobody):
        await asyncio.wait_for(refused.wait(), 20)
        assert lender.visitor_pid == 0


async def test_borrower_of_another_version_says_why_it_is_alone(agents: Agents, caplog: pytest.LogCaptureFixture) -> None:
    async with agents.lending(post(new_key())), borrowing(agents.path, versions=(99,)):
        await until(lambda: "the agent refuses: the decoys service speaks the hand-over versions 99" in caplog.text)


async def test_events_reach_subscribers_and_the_last_one_who_comes_later(agents: Agents) -> None:
    event = SpoolIngested(host="here", writer="decoys", sequence=7)
    async with agents.lending() as lender:
        lender.tell(event)
        async with borrowing(agents.path) as relay:
            subscription = await relay.subscribe("spool.*")
            async with asyncio.timeout(20):
                message = await anext(aiter(subscription))
            assert decode(message.body) == event


async def test_publishing_without_an_agent_is_counted(agents: Agents) -> None:
    async with borrowing(agents.path) as relay:
        await relay.publish(health())
        assert relay.counters["dropped"] == 1


async def test_health_reaches_the_bus_with_the_process_that_the_kernel_saw(agents: Agents) -> None:
    async with agents.lending(), borrowing(agents.path) as relay:
        await relay.connected()
        await relay.publish(health())
        await until(lambda: bool(agents.published))
        (event,) = agents.published
        assert isinstance(event, HealthReported)
        assert (event.service, event.pid) == ("decoys", os.getpid())


async def test_gap_is_told_after_a_reconnect_and_not_before(agents: Agents) -> None:
    told = asyncio.Semaphore(0)

    async def gap() -> None:
        told.release()

    async with borrowing(agents.path) as relay:
        relay.on_gap(gap)
        async with agents.lending():
            await asyncio.wait_for(relay.connected(), 20)
            assert told.locked()
        async with agents.lending():
            await asyncio.wait_for(told.acquire(), 20)
        assert relay.counters["reconnects"] == 1


async def test_body_that_is_no_event_is_counted(agents: Agents) -> None:
    event = SpoolIngested(host="here", writer="decoys", sequence=7)
    async with agents.lending() as lender, borrowing(agents.path) as relay:
        subscription = await relay.subscribe("spool.ingested")
        lender.tell(event)
        message = await anext(aiter(subscription))
        assert relay.decode(message) == event
        with pytest.raises(BusError):
            relay.decode(type(message)(message.topic, b"{}", 1, message.at, message.sender))
        assert relay.counters["malformed"] == 1


async def test_close_ends_subscriptions_and_takes_leave(agents: Agents) -> None:
    async with agents.lending() as lender, borrowing(agents.path) as relay:
        subscription = await relay.subscribe("spool.ingested")
        await relay.connected()
        await until(lambda: agents.arrived > 0)
        await relay.close()
        assert [message async for message in subscription] == []
        await until(lambda: agents.noted > 0)
        assert lender.visitor_pid == 0
