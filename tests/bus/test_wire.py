# SPDX-License-Identifier: MIT
"""The frame parser: any chunking gives the same frames, and garbage gives the one typed error."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.bus.bus import Sender
from decnet.bus.wire import (
    MAX_BODY,
    MAX_HEADER,
    VERBS,
    Splitter,
    WireError,
    check_name,
    frame_of,
    parse_header,
    parse_origin,
    stamp_of,
)

frames = st.lists(
    st.tuples(
        st.sampled_from(VERBS),
        st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40),
        st.binary(max_size=300),
    ),
    max_size=8,
)


def chunks_of(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut ``data`` at the given places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in pairwise(places)]


def split(chunks: list[bytes], *, in_bursts: bool = False) -> list[tuple[str, str, bytes]]:
    """Return every frame with its header parsed."""
    splitter = Splitter(in_bursts=in_bursts)
    return [(*parse_header(header), payload[4:]) for chunk in chunks for header, payload in splitter.feed(chunk)]


@given(frames, st.lists(st.integers(min_value=0)))
def test_frames_are_the_same_however_they_are_cut(sent: list[tuple[str, str, bytes]], cuts: list[int]) -> None:
    data = b"".join(frame_of(verb, argument, body) for verb, argument, body in sent)
    assert split(chunks_of(data, cuts)) == sent


@given(frames, st.lists(st.integers(min_value=0)), st.integers(1, 3))
def test_frames_in_bursts_are_the_same_however_they_are_cut(
    sent: list[tuple[str, str, bytes]], cuts: list[int], times: int
) -> None:
    sent = [frame for frame in sent for _ in range(times)]
    data = b"".join(frame_of(verb, argument, body) for verb, argument, body in sent)
    assert split(chunks_of(data, cuts), in_bursts=True) == sent


@given(frames)
def test_frames_arrive_byte_by_byte(sent: list[tuple[str, str, bytes]]) -> None:
    data = b"".join(frame_of(verb, argument, body) for verb, argument, body in sent)
    assert split([data[place : place + 1] for place in range(len(data))]) == sent


@given(st.lists(st.binary(max_size=6000), max_size=6))
def test_garbage_raises_nothing_but_the_wire_error(chunks: list[bytes]) -> None:
    splitter = Splitter()
    try:
        for chunk in chunks:
            for header, _ in splitter.feed(chunk):
                parse_header(header)
    except WireError:
        return
    assert len(splitter._rest) <= MAX_HEADER + 5 + MAX_BODY


@given(frames, st.binary(max_size=200), st.lists(st.integers(min_value=0)))
def test_frames_before_garbage_arrive_however_they_are_cut(
    sent: list[tuple[str, str, bytes]], garbage: bytes, cuts: list[int]
) -> None:
    data = b"".join(frame_of(verb, argument, body) for verb, argument, body in sent) + garbage
    found: list[tuple[str, str, bytes]] = []
    splitter = Splitter()
    try:
        for chunk in chunks_of(data, cuts):
            for header, payload in splitter.feed(chunk):
                found.append((*parse_header(header), payload[4:]))
    except WireError:
        pass
    assert found[: len(sent)] == sent


@pytest.mark.parametrize("step", [1, 1000, 10**9])
def test_header_that_never_ends_is_an_error_after_4096_bytes(step: int) -> None:
    splitter = Splitter()
    data = b"P" * MAX_HEADER
    for place in range(0, len(data), step):
        assert not list(splitter.feed(data[place : place + step]))
    with pytest.raises(WireError, match="longer than 4096"):
        list(splitter.feed(b"P"))


def test_header_of_4096_bytes_is_allowed_and_one_more_is_not() -> None:
    header = b"PUB " + b"a" * (MAX_HEADER - 4)
    assert [found for found, _ in Splitter().feed(header + b"\n\0\0\0\0")] == [header]
    with pytest.raises(WireError):
        list(Splitter().feed(header + b"a\n\0\0\0\0"))


def test_body_of_a_mebibyte_is_allowed_and_one_byte_more_is_not() -> None:
    frame = frame_of("PUB", "a", b"x" * MAX_BODY)
    assert [payload[4:] for _, payload in Splitter().feed(frame)] == [b"x" * MAX_BODY]
    with pytest.raises(WireError, match="longer than"):
        frame_of("PUB", "a", b"x" * (MAX_BODY + 1))


@pytest.mark.parametrize("length", [MAX_BODY + 1, 2**32 - 1])
def test_body_that_is_too_long_is_refused_at_its_length(length: int) -> None:
    """Nothing of it is kept: the length alone is enough to know."""
    splitter = Splitter()
    with pytest.raises(WireError):
        list(splitter.feed(b"PUB a\n" + length.to_bytes(4, "big")))
    assert not splitter.waits


def test_unfinished_body_is_not_looked_at_for_every_byte() -> None:
    """A body that trickles in must not cost the square of its length."""
    splitter = Splitter()
    list(splitter.feed(b"PUB a\n" + MAX_BODY.to_bytes(4, "big")))
    kept = splitter._rest
    list(splitter.feed(b"x"))
    assert splitter._rest is kept
    assert splitter.progress == 0


@pytest.mark.parametrize(
    "header", [b"", b" ", b"pub a", b"PUBX a", b"PUB \0", b"PUB \xc3\xa9", b"PUB a\r", b"\x7f", b"GET / HTTP/1.1"]
)
def test_header_of_another_language_is_refused(header: bytes) -> None:
    with pytest.raises(WireError):
        parse_header(header)


@pytest.mark.parametrize("name", ["", "a b", "a.b", "é", "x" * 65, "a\n"])
def test_name_is_one_short_token(name: str) -> None:
    with pytest.raises(WireError):
        check_name(name)


@given(
    st.integers(0, 2**60),
    st.builds(
        Sender,
        uid=st.integers(0, 2**32),
        pid=st.integers(0, 2**22),
        unit=st.sampled_from(["", "decnet-api.service", "user@1000.service"]),
        client=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    ),
)
def test_origin_comes_back_as_it_was_stamped(at: int, sender: Sender) -> None:
    origin = (str(at).encode() + stamp_of(sender)).rstrip(b"\n")
    assert parse_origin(origin) == (at, sender)


@given(st.binary(max_size=60))
def test_origin_that_is_none_raises_the_wire_error(origin: bytes) -> None:
    try:
        at, sender = parse_origin(origin)
    except WireError:
        return
    assert isinstance(at, int)
    assert isinstance(sender, Sender)
