# SPDX-License-Identifier: MIT
"""A body is the same whatever pieces it comes in, and a broken one is told."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.http.body import BodyReader, Kept

CHUNKED = b"3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n"


def fed(reader: BodyReader, pieces: list[bytes]) -> bytes:
    """Feed pieces until the body is complete; return what is left over."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        reader.feed(buffer)
    return bytes(buffer)


@given(st.lists(st.integers(0, len(CHUNKED)), max_size=8))
def test_chunks_are_read_in_any_pieces(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(CHUNKED)]
    kept = Kept(100)
    reader = BodyReader(None, kept)
    left = fed(reader, [CHUNKED[a:b] for a, b in itertools.pairwise(edges)] + [b"GET"])
    assert (bytes(kept.data), reader.size, reader.done, reader.fault, left) == (b"abcdefgh", 8, True, False, b"GET")


def test_body_of_a_length_leaves_the_next_request_and_keeps_only_its_start() -> None:
    kept = Kept(3)
    reader = BodyReader(5, kept)
    assert fed(reader, [b"ab", b"cdeGET"]) == b"GET"
    assert (bytes(kept.data), reader.size, reader.done) == (b"abc", 5, True)


@pytest.mark.parametrize("broken", [b"x\r\n", b"-1\r\n", b"3\r\nabcd\r\n", b"f" * 20_000])
def test_broken_framing_ends_the_body(broken: bytes) -> None:
    reader = BodyReader(None, Kept(10))
    fed(reader, [broken])
    assert (reader.fault, reader.done) == (True, True)
