# SPDX-License-Identifier: MIT
"""A mailbox wakes its reader, keeps what is waiting when it ends, and tells why it ended."""

import asyncio
from datetime import UTC, datetime

import pytest

from decnet.bus.bus import Message, Sender
from decnet.bus.mailbox import Mailbox
from decnet.errors import BusError
from tests.support.buses import first

SENDER = Sender(uid=0, pid=1, unit="", client="x")


def message(number: int) -> Message:
    """Return a message."""
    return Message("a", b"{}", number, datetime.now(UTC), SENDER)


async def ignore(_: Mailbox) -> None:
    """Do nothing when the mailbox closes."""


async def test_waiting_reader_is_woken() -> None:
    mailbox = Mailbox("a", ignore)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(first(mailbox))
        await asyncio.sleep(0)
        mailbox.put((message(1),), 2)
    assert reading.result().id == 1


async def test_two_readers_share_a_mailbox_and_a_cancelled_one_takes_nothing() -> None:
    mailbox = Mailbox("a", ignore)
    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(first(mailbox)) for _ in range(3)]
        await asyncio.sleep(0)
        readers[0].cancel()
        mailbox.put((message(1), message(2)), 4)
    assert {reader.result().id for reader in readers[1:]} == {1, 2}


async def test_iteration_goes_on_where_another_one_stopped() -> None:
    mailbox = Mailbox("a", ignore)
    mailbox.put([message(number) for number in range(4)], 8)
    mailbox.end()
    async for found in mailbox:
        if found.id == 1:
            break
    assert [found.id async for found in mailbox] == [2, 3]


async def test_end_comes_after_what_is_waiting_with_its_error() -> None:
    mailbox = Mailbox("a", ignore)
    mailbox.put((message(1),), 2)
    mailbox.end(BusError("refused"))
    assert (await first(mailbox)).id == 1
    with pytest.raises(BusError, match="refused"):
        await first(mailbox)


async def test_mailbox_tells_its_owner_once_that_it_closes() -> None:
    closed: list[Mailbox] = []

    async def closing(mailbox: Mailbox) -> None:
        closed.append(mailbox)

    mailbox = Mailbox("a", closing)
    await mailbox.close()
    await mailbox.close()
    assert closed == [mailbox]


async def test_mailbox_drops_the_oldest_and_counts() -> None:
    mailbox = Mailbox("a", ignore, limit_count=2)
    assert mailbox.put([message(number) for number in range(5)], 10) == 3
    assert mailbox.dropped == 3
    assert (await first(mailbox)).id == 3
