# SPDX-License-Identifier: MIT
"""What a client does with the frames of the server, right ones and wrong ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.bus.inbox import Inbox
from decnet.bus.mailbox import Mailbox
from decnet.bus.wire import WireError
from decnet.events import MessagesDropped, encode
from tests.support.buses import first


async def ignore(_: Mailbox) -> None:
    """Do nothing when a mailbox closes."""


def no_other(header: bytes, _: bytes) -> None:
    """Expect nothing but events."""
    raise AssertionError(header)


def event(topic: str, body: bytes = b"{}", number: int = 1) -> tuple[bytes, bytes]:
    """Return the frame of an event."""
    return f"EVT {topic} {number} 1790000000000000 0 42 - alice".encode(), len(body).to_bytes(4, "big") + body


async def test_answers_between_events_are_handed_back_in_their_place() -> None:
    inbox = Inbox(queue_count=10, queue_bytes=1000)
    mailbox = inbox.open("a.*", ignore)
    seen: list[tuple[bytes, int]] = []
    inbox.deliver(
        [event("a.b"), (b"PONG", b"\0\0\0\0"), event("a.c")],
        lambda header, _: seen.append((header, inbox.counters["received"])),
    )
    assert seen == [(b"PONG", 1)]
    assert [(await first(mailbox)).topic for _ in range(2)] == ["a.b", "a.c"]


async def test_events_before_a_broken_one_arrive() -> None:
    inbox = Inbox(queue_count=10, queue_bytes=1000)
    mailbox = inbox.open("a", ignore)
    with pytest.raises(WireError):
        inbox.deliver([event("a", number=7), (b"EVT a nonsense", b"\0\0\0\0")], no_other)
    assert (await first(mailbox)).id == 7


async def test_announced_drops_are_counted_and_set_the_gap() -> None:
    inbox = Inbox(queue_count=10, queue_bytes=1000)
    inbox.deliver([event("system.bus.dropped", encode(MessagesDropped(count=5, total=9)))], no_other)
    assert inbox.gap.is_set()
    assert inbox.counters["dropped"] == 5


async def test_announcement_that_is_none_is_malformed_and_harms_nobody() -> None:
    inbox = Inbox(queue_count=10, queue_bytes=1000)
    mailbox = inbox.open(">", ignore)
    inbox.deliver([event("system.bus.dropped", b'{"type":1}'), event("a")], no_other)
    assert not inbox.gap.is_set()
    assert inbox.counters["malformed"] == 1
    assert [(await first(mailbox)).topic for _ in range(2)] == ["system.bus.dropped", "a"]


async def test_malformed_bodies_are_counted_by_sender() -> None:
    inbox = Inbox(queue_count=10, queue_bytes=1000)
    inbox.deliver([event("a", b"[]"), event("a", b""), event("a", b"{}")], no_other)
    assert inbox.counters == {"published": 0, "received": 1, "dropped": 0, "reconnects": 0, "malformed": 2}
    assert {sender.client: count for sender, count in inbox.malformed_by.items()} == {"alice": 2}


@given(st.binary(max_size=80), st.binary(max_size=30))
def test_header_of_any_kind_raises_nothing_but_the_wire_error(rest: bytes, body: bytes) -> None:
    inbox = Inbox(queue_count=10, queue_bytes=1000)
    try:
        inbox.deliver([(b"EVT " + rest, len(body).to_bytes(4, "big") + body)], no_other)
    except WireError:
        return
    assert inbox.counters["received"] + inbox.counters["malformed"] >= 1
