# SPDX-License-Identifier: MIT
"""Telnet's bytes, in pieces of any size."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.telnet.protocol import (
    SUBNEGOTIATION_LIMIT,
    Code,
    Command,
    Data,
    Decoder,
    Item,
    Negotiation,
    Subnegotiation,
    encode,
    negotiate,
    subnegotiate,
)


def data_of(items: list[Item]) -> bytes:
    """Return the data among some items."""
    return b"".join(item.data for item in items if isinstance(item, Data))


def decoded(data: bytes) -> list[Item]:
    """Return what one piece means."""
    return Decoder().feed(data)


def test_commands_stand_between_data() -> None:
    assert decoded(b"ro\xff\xf7ot\xff\xf6\r\0") == [
        *(Data(b"ro"), Command(Code.EC), Data(b"ot"), Command(Code.AYT)),
        Data(b"\r"),
    ]


def test_negotiations_and_values_are_told_apart() -> None:
    sent = negotiate(Code.WILL, 24, 31) + subnegotiate(24, b"\0xterm") + negotiate(Code.DONT, 5)
    assert decoded(sent) == [
        *(Negotiation(Code.WILL, 24), Negotiation(Code.WILL, 31)),
        *(Subnegotiation(24, b"\0xterm"), Negotiation(Code.DONT, 5)),
    ]


@pytest.mark.parametrize(
    ("sent", "typed"),
    [(b"a\r\nb", b"a\rb"), (b"a\r\0b", b"a\rb"), (b"a\nb", b"a\nb"), (b"a\r\r\nb", b"a\r\rb"), (b"\xff\xff", b"\xff")],
)
def test_the_return_key_is_one_byte(sent: bytes, typed: bytes) -> None:
    assert data_of(decoded(sent)) == typed
    decoder = Decoder()
    assert data_of([item for byte in sent for item in decoder.feed(bytes((byte,)))]) == typed


def test_binary_data_stays_as_it_is() -> None:
    decoder = Decoder()
    decoder.is_binary = True
    assert decoder.feed(b"a\r\nb\r\0") == [Data(b"a\r\nb\r\0")]


def test_a_byte_255_in_a_value_is_doubled_on_the_wire() -> None:
    assert decoded(subnegotiate(31, b"\0\xff\0\xff")) == [Subnegotiation(31, b"\0\xff\0\xff")]


def test_another_command_ends_a_value_without_its_end() -> None:
    assert decoded(b"\xff\xfa\x18\0x\xff\xf6y") == [Subnegotiation(24, b"\0x"), Command(Code.AYT), Data(b"y")]


def test_a_value_without_end_is_bounded() -> None:
    decoder = Decoder()
    for _ in range(200):
        assert decoder.feed(b"\xff\xfa\x18" + b"x" * 1000 if _ == 0 else b"x" * 1000) == []
    (item,) = decoder.feed(b"\xff\xf0")
    assert isinstance(item, Subnegotiation)
    assert item.option == 24
    assert set(item.data) == {ord("x")}
    assert len(item.data) <= SUBNEGOTIATION_LIMIT


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_any_bytes_mean_the_same_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    decoder, whole = Decoder(), Decoder()
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    pieces = [item for start, end in pairwise(edges) for item in decoder.feed(data[start:end])]
    at_once = whole.feed(data)
    assert data_of(pieces) == data_of(at_once)
    assert [item for item in pieces if not isinstance(item, Data)] == [item for item in at_once if not isinstance(item, Data)]


@given(st.binary(max_size=200))
def test_what_is_shown_arrives_byte_for_byte(data: bytes) -> None:
    """A client undoes what RFC 854 asks for: IAC is doubled, a lone carriage return is followed by a NUL."""
    decoder = Decoder()
    decoder.is_binary = True
    arrived = data_of(decoder.feed(encode(data)))
    assert arrived.replace(b"\r\0", b"\r") == data.replace(b"\r\0", b"\r")
