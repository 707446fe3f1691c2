# SPDX-License-Identifier: MIT
"""The parser and the commands take anything, in any pieces, and stay bounded."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.lures.redis.call import Call, Client
from decnet.lures.redis.dispatch import HANDLERS, execute
from decnet.lures.redis.glob import matches
from decnet.lures.redis.recorder import redacted, shown_as_text
from decnet.lures.redis.resp import KEPT_BYTES, MAX_INLINE, ProtocolError, RequestReader, encode, quoted, split_words
from tests.lures.redis.cache import cache, packed

PIECES = st.sampled_from(
    [b"*1\r\n", b"*2\r\n", b"$3\r\n", b"$0\r\n", b"foo", b"\r\n", b"*-1\r\n", b"$-1\r\n", b"PING\r\n", b'"a', b"'", b"\\x4"]
)
WIRE = st.lists(PIECES | st.binary(max_size=12), max_size=40).map(b"".join)


def take_all(wire: bytes, size: int) -> tuple[list[list[bytes]], str]:
    """Return the requests in pieces of ``size`` bytes, and the error that ended them."""
    reader, buffer, requests = RequestReader(), bytearray(), []
    try:
        for start in range(0, len(wire), size):
            buffer += wire[start : start + size]
            while (request := reader.take(buffer)) is not None:
                requests.append(request)
            assert len(buffer) <= MAX_INLINE + size
    except ProtocolError as error:
        return requests, str(error)
    return requests, ""


@given(WIRE, st.integers(1, 30))
def test_reader_says_the_same_whatever_the_pieces(wire: bytes, size: int) -> None:
    """Pieces change neither the requests nor the error that ends them."""
    assert take_all(wire, size) == take_all(wire, max(1, len(wire)))


@given(st.lists(st.lists(st.binary(max_size=30), min_size=1, max_size=5), max_size=6), st.integers(1, 40))
def test_reader_returns_what_was_packed(requests: list[list[bytes]], size: int) -> None:
    assert take_all(b"".join(packed(*request) for request in requests), size) == (requests, "")


@given(st.binary(max_size=60))
def test_quoted_argument_leads_back_to_its_bytes(argument: bytes) -> None:
    text = quoted(argument)
    assert text.isascii()
    assert text.isprintable()
    assert split_words(text.encode()) == [argument]


def test_argument_beyond_the_bound_is_cut_and_counted() -> None:
    reader, buffer = RequestReader(), bytearray(b"*1\r\n$5000000\r\n")
    for _ in range(50):
        buffer += b"x" * 100_000
        assert reader.take(buffer) is None
        assert len(buffer) < 10
    buffer += b"\r\n"
    request = reader.take(buffer)
    assert request is not None
    assert (len(request[0]), reader.cut) == (KEPT_BYTES, 5_000_000 - KEPT_BYTES)


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_pattern_never_raises_and_a_star_takes_everything(pattern: bytes, text: bytes) -> None:
    matches(pattern, text)
    assert matches(b"*", text)
    assert matches(b"*" + text.replace(b"\\", b"?").replace(b"[", b"?").replace(b"*", b"?"), text)


def test_pattern_of_many_stars_ends_soon() -> None:
    assert not matches(b"a*" * 500 + b"b", b"a" * 20_000)


ARGUMENT = st.sampled_from(
    [b"a", b"l", b"h", b"s", b"z", b"0", b"1", b"-1", b"x", b"get", b"set", b"*", b"nx", b"(1", b"count", b"match", b""]
)
NAMES = st.sampled_from(sorted({name.partition("|")[0] for name in HANDLERS} | {"config", "acl", "client", "xadd", "nosuch"}))
SUBCOMMANDS = st.sampled_from(
    [b"get", b"set", b"list", b"setuser", b"kill", b"help", b"encoding", b"load", b"sleep", b"channels", b"info", b"docs"]
)


@settings(max_examples=120)
@given(
    st.lists(st.tuples(NAMES, SUBCOMMANDS | ARGUMENT, st.lists(ARGUMENT | st.binary(max_size=8), max_size=5)), max_size=12),
    st.sampled_from(["6.0.16", "7.0.15"]),
)
def test_no_command_ever_raises(lines: list[tuple[str, bytes, list[bytes]]], version: str) -> None:
    """Whatever the arguments: a reply that both protocols can carry."""
    lure = cache(version)
    world = lure.world_of("192.0.2.1")
    client = Client(id=1, address="192.0.2.1:5", local="192.0.2.2:6379", push=lambda _: None, trusted=True)
    world.clients[1] = client
    for name, first, others in lines:
        arguments = [name.encode(), first, *others]
        shown_as_text(arguments)
        assert len(redacted(arguments)) == len(arguments)
        reply: Any = execute(Call(arguments, client, world, lure.instance, lambda *_: None, lambda *_: None))
        encode(reply, 2)
        encode(reply, 3)
