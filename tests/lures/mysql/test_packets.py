# SPDX-License-Identifier: MIT
"""Packets are split, numbered and taken apart as the protocol says."""

import asyncio
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.evidence import Endpoint, Origin
from decnet.lures.lure import Session
from decnet.lures.mysql import packets
from decnet.lures.mysql.packets import LARGEST, BrokenPacketError, OutOfOrderError, Packets, Reader, TooLargeError
from decnet.lures.stream import Stream
from tests.support.lures import MemoryPen


async def pair() -> tuple[Packets, socket.socket, Stream]:
    """Return packets on one end of a connection, and the other end."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    end = Endpoint(address="127.0.0.1", port=1)
    origin = Origin(decoy="d", lure="mysql", session="s", peer=end, local=end)
    session = Session(connection=ours, origin=origin, pen=MemoryPen(), idle_seconds=5, byte_limit=1 << 30)
    stream = await Stream.open(session)
    return Packets(stream), theirs, stream


@given(st.integers(0, (1 << 64) - 1))
def test_a_length_encoded_number_is_read_as_it_was_written(value: int) -> None:
    assert Reader(packets.number(value)).encoded() == value


@pytest.mark.parametrize(
    ("data", "method"), [(b"", "encoded"), (b"\xfb", "encoded"), (b"\x05ab", "string"), (b"\xff", "encoded")]
)
def test_what_ends_too_early_is_broken(data: bytes, method: str) -> None:
    with pytest.raises(BrokenPacketError):
        getattr(Reader(data), method)()


async def receive(sent: bytes, **options: Any) -> bytes | None:
    """Return the packet that bytes are."""
    found, theirs, stream = await pair()
    try:
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(20):
            return await found.receive(**options)
    finally:
        stream.close()
        theirs.close()


async def test_a_packet_has_its_number_and_its_bound() -> None:
    assert await receive(b"\x02\0\0\0hi") == b"hi"
    assert await receive(b"\x05\0\0\0hi") is None
    with pytest.raises(OutOfOrderError):
        await receive(b"\x02\0\0\x01hi")
    with pytest.raises(TooLargeError):
        await receive(b"\x02\0\0\0hi", limit=1)


async def test_a_large_payload_is_split() -> None:
    found, theirs, stream = await pair()
    found.put(b"x" * LARGEST)
    assert bytes(found._out[:4]) == b"\xff\xff\xff\0"
    assert bytes(found._out[-4:]) == b"\0\0\0\x01"
    assert found.number == 2
    stream.close()
    theirs.close()
