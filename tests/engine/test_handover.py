# SPDX-License-Identifier: MIT
"""Messages and descriptors arrive together, and no broken peer makes a descriptor leak."""

import array
import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.engine.handover import MAX_BODY, MAX_DESCRIPTORS, Channel, key_of, listener_of
from decnet.engine.listener import open_listener
from decnet.engine.messages import Bye, HandoverError, Hello, Offer, Serve
from tests.support.handover import new_key, open_files, post

Pair = tuple[Channel, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return a channel and the bare socket at its other end."""
    ours, theirs = socket.socketpair()
    before = open_files()
    channel = Channel(ours)
    yield channel, theirs
    channel.close()
    theirs.close()
    assert open_files() == before - 2, "descriptors leaked"


@pytest.fixture
async def channels() -> AsyncIterator[tuple[Channel, Channel]]:
    """Return two connected channels."""
    one, other = socket.socketpair()
    channels = Channel(one), Channel(other)
    yield channels
    for channel in channels:
        channel.close()


def frame(body: bytes, descriptors: int = 0) -> bytes:
    """Return a frame that promises so many descriptors."""
    return struct.pack("!IH", len(body), descriptors) + body


def rights(*descriptors: int) -> list[tuple[int, int, "array.array[int]"]]:
    """Return the ancillary data that passes descriptors."""
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]


async def test_message_arrives_with_its_descriptors(channels: tuple[Channel, Channel]) -> None:
    key = new_key()
    with open_listener(key) as listener:
        await channels[0].send(Serve([post(key)]), [listener.fileno()])
        message, (descriptor,) = await channels[1].receive()
        assert message == Serve([post(key)])
        with listener_of(descriptor, key) as copy:
            assert key_of(copy) == key
            assert not copy.get_inheritable()


async def test_messages_without_descriptors_before_one_with_them_do_not_take_them(channels: tuple[Channel, Channel]) -> None:
    key = new_key()
    with open_listener(key) as listener:
        await channels[0].send(Bye("one"))
        await channels[0].send(Offer([key], last=True), [listener.fileno()])
        await channels[0].send(Bye("two"))
        assert (await channels[1].receive())[1] == []
        _, taken = await channels[1].receive()
        assert len(taken) == 1
        os.close(taken[0])
        assert (await channels[1].receive())[1] == []


async def test_large_messages_pass_in_pieces_while_both_sides_work(channels: tuple[Channel, Channel]) -> None:
    hello = Hello([1], "x" * 60_000)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(_send_many(channels[0], hello, 40))
        for _ in range(40):
            assert (await channels[1].receive())[0] == hello
        await sending


async def _send_many(channel: Channel, message: Hello, count: int) -> None:
    """Send a message again and again."""
    for _ in range(count):
        await channel.send(message)


async def test_closed_connection_is_the_end(pair: Pair) -> None:
    channel, peer = pair
    peer.shutdown(socket.SHUT_WR)
    with pytest.raises(EOFError):
        await channel.receive()


@pytest.mark.parametrize(
    "data",
    [
        frame(b"{"),
        frame(b"[]"),
        frame(b'{"type": "unheard of"}'),
        frame(b'{"type": "hello", "versions": "1", "program": ""}'),
        frame(b'{"type": "hello", "versions": [1], "program": "\xff"}'),
        frame(b'{"type": "bye"}', 1),
        struct.pack("!IH", MAX_BODY + 1, 0),
        struct.pack("!IH", 1, MAX_DESCRIPTORS + 1),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_garbage_ends_the_connection(pair: Pair, data: bytes) -> None:
    channel, peer = pair
    peer.send(data)
    with pytest.raises(HandoverError):
        await channel.receive()


async def test_descriptors_that_nobody_announced_are_refused_and_closed(pair: Pair) -> None:
    channel, peer = pair
    peer.sendmsg([frame(b'{"type": "bye"}')], rights(0, 1, 2))
    await channel.receive()
    with pytest.raises(HandoverError, match="belong to no message"):
        await channel.receive()


async def test_more_descriptors_than_a_message_may_have_are_refused_and_closed(pair: Pair) -> None:
    channel, peer = pair
    peer.sendmsg([frame(b'{"type": "bye"}', 251)], rights(*([0] * 251)))
    with pytest.raises(HandoverError, match="too large"):
        await channel.receive()


async def test_descriptors_dripped_into_one_frame_are_refused_and_closed(pair: Pair) -> None:
    channel, peer = pair
    data = frame(b'{"type": "bye", "reason": "' + b"x" * 50 + b'"}', 1)
    for byte in data[:3]:
        peer.sendmsg([bytes([byte])], rights(*([0] * 200)))
    with pytest.raises(HandoverError, match="more descriptors"):
        await channel.receive()


async def test_half_a_frame_with_descriptors_is_closed_with_the_channel(pair: Pair) -> None:
    channel, peer = pair
    peer.sendmsg([frame(b'{"type": "bye"}', 2)[:8]], rights(0, 1))
    peer.shutdown(socket.SHUT_WR)
    with pytest.raises(EOFError):
        await channel.receive()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=60), st.integers(0, 5)), max_size=8))
def test_arbitrary_bytes_and_descriptors_never_leak(pieces: list[tuple[bytes, int]]) -> None:
    before = open_files()

    async def feed() -> None:
        ours, theirs = socket.socketpair()
        channel = Channel(ours)
        for data, count in pieces:
            theirs.sendmsg([data], rights(*([0] * count)) if count else [])
        theirs.close()
        try:
            while True:
                _, descriptors = await channel.receive()
                for descriptor in descriptors:
                    os.close(descriptor)
        except (EOFError, HandoverError, ConnectionError):
            channel.close()

    asyncio.run(feed())
    assert open_files() == before


async def test_sender_refuses_what_the_receiver_would_refuse(channels: tuple[Channel, Channel]) -> None:
    with pytest.raises(HandoverError, match="too large"):
        await channels[0].send(Bye(), [0] * (MAX_DESCRIPTORS + 1))


def test_listener_of_takes_only_listening_tcp_sockets_of_that_key() -> None:
    key = new_key()
    before = open_files()
    with socket.socket() as closed, socket.socket(socket.AF_UNIX) as unix, open_listener(new_key()) as other:
        for descriptor in (0, closed.fileno(), unix.fileno(), other.fileno()):
            with pytest.raises(HandoverError):
                listener_of(os.dup(descriptor), key)
    assert open_files() == before
