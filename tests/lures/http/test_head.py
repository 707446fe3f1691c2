# SPDX-License-Identifier: MIT
"""The parsers take anything, in any pieces, and stay bounded."""

from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.http import credentials, form
from decnet.lures.http.body import BodyReader, Kept
from decnet.lures.http.head import HeadReader, Limits
from decnet.lures.http.message import Received

LIMITS = Limits(line=200, field=100, total=400, fields=5, eager=True)
WORDS = st.sampled_from(
    [
        b"GET ",
        b"/ ",
        b"HTTP/1.1",
        b"HTTP/1.",
        b"\r\n",
        b"\n",
        b"\r",
        b":",
        b" ",
        b"Host: x",
        b"\x00",
        b"\xff",
        b"a" * 90,
        b"password=x&",
    ]
)
WIRE = st.lists(WORDS | st.binary(max_size=20), max_size=40).map(b"".join)


def read(wire: bytes, size: int) -> tuple[object, bytes]:
    """Return the head that a reader makes of pieces of ``size`` bytes, and what it left over once all came."""
    reader, buffer = HeadReader(LIMITS), bytearray()
    for start in range(0, len(wire), size):
        buffer += wire[start : start + size]
        if reader.feed(buffer):
            return reader.head, b""
        assert len(buffer) <= LIMITS.line + size
        assert len(reader.raw) <= LIMITS.total + LIMITS.line + size
    return reader.head, bytes(buffer)


@given(WIRE, st.integers(1, 50))
def test_head_reader_never_raises_and_stays_bounded(wire: bytes, size: int) -> None:
    read(wire, size)


@given(st.lists(st.sampled_from([b"A: b", b"Cc:dd", b"x-y: \xff"]), max_size=4), st.integers(1, 30))
def test_head_is_the_same_in_any_pieces(fields: list[bytes], size: int) -> None:
    wire = b"\r\n".join([b"GET /x?y HTTP/1.1", *fields, b"", b""])
    head, _ = read(wire, size)
    assert head == read(wire, len(wire))[0]
    assert head is not None


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"3\r\nabc\r\n", b"0\r\n", b"\r\n", b"ff", b";x\r\n", b"g"])).map(b"".join),
    st.integers(1, 40),
)
def test_chunked_reader_never_raises_and_keeps_no_more_than_its_bound(wire: bytes, size: int) -> None:
    kept, buffer = Kept(10), bytearray()
    reader = BodyReader(None, kept)
    for start in range(0, len(wire), size):
        buffer += wire[start : start + size]
        if reader.feed(buffer):
            break
    assert len(kept.data) <= 10
    assert len(kept.data) <= reader.size


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=6), st.integers(1, 40))
def test_chunked_body_arrives_whole_in_any_pieces(chunks: list[bytes], size: int) -> None:
    wire = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\nNEXT"
    kept, buffer = Kept(1000), bytearray()
    reader = BodyReader(None, kept)
    for start in range(0, len(wire), size):
        buffer += wire[start : start + size]
        reader.feed(buffer)
    assert (bytes(kept.data), reader.done, reader.fault, bytes(buffer)) == (b"".join(chunks), True, False, b"NEXT")


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_search_for_secrets_never_raises(body: bytes, content_type: bytes) -> None:
    form.search(content_type, body)
    credentials.redact(body)


@given(st.binary(max_size=60), st.sampled_from([b"Authorization", b"Cookie", b"Referer", b"X-Api-Key"]), st.binary(max_size=60))
def test_gathering_never_raises(target: bytes, name: bytes, value: bytes) -> None:
    reader = HeadReader(Limits(line=500, field=500, total=2000, fields=9, eager=False))
    reader.feed(bytearray(b"GET " + target + b" HTTP/1.1\r\n" + name + b": " + value + b"\r\n\r\n\r\n"))
    assert reader.head is not None
    credentials.gather(Received(head=reader.head))
