# SPDX-License-Identifier: MIT
"""What a TLS client's first message tells, whoever wrote it."""

import ssl
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.client_hello import LIMIT, ClientHello, HelloReader, MalformedHelloError, is_grease, read_hello, version_name


def block(size: int, data: bytes) -> bytes:
    """Return data behind its length in ``size`` bytes."""
    return len(data).to_bytes(size) + data


def words(*numbers: int) -> bytes:
    """Return numbers of two bytes."""
    return b"".join(number.to_bytes(2) for number in numbers)


def message(body: bytes) -> bytes:
    """Return a ClientHello's message in one record."""
    return b"\x16\x03\x01" + block(2, b"\x01" + block(3, body))


def records(data: bytes, size: int) -> bytes:
    """Return the message of a record cut into several."""
    content = data[5:]
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"\x16\x03\x01" + block(2, piece) for piece in pieces)


@dataclass
class Hello:
    """A hello to be written."""

    version: int = 0x0301
    ciphers: tuple[int, ...] = (47, 53)
    extensions: list[tuple[int, bytes]] = field(default_factory=list)

    def body(self) -> bytes:
        """Return the message without its head."""
        extensions = b"".join(number.to_bytes(2) + block(2, content) for number, content in self.extensions)
        head = self.version.to_bytes(2) + bytes(32) + block(1, b"") + block(2, words(*self.ciphers)) + block(1, b"\0")
        return head + (block(2, extensions) if self.extensions else b"")


def read(data: bytes) -> ClientHello:
    """Return a hello that is complete."""
    hello = read_hello(data)
    assert hello is not None
    return hello


def of_python(host: str, *, oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> bytes:
    """Return what OpenSSL sends for Python."""
    context = ssl.create_default_context()
    context.minimum_version = oldest
    context.set_alpn_protocols(["h2", "http/1.1"])
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def test_the_example_of_ja3s_authors_has_its_hash() -> None:
    hello = Hello(
        version=769,
        ciphers=(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
        extensions=[(0, block(2, b"\0" + block(2, b"x"))), (10, block(2, words(23, 24, 25))), (11, block(1, b"\0"))],
    )
    found = read(message(hello.body()))
    assert found.ja3 == "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"
    assert found.ja3_hash == "ada70206e40642a3e4461f35503241d5"


def test_a_hello_without_extensions_has_their_places_empty() -> None:
    """The second example of the authors."""
    found = read(message(Hello(version=769, ciphers=(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99)).body()))
    assert found.ja3 == "769,4-5-10-9-100-98-3-6-19-18-99,,,"
    assert found.ja3_hash == "de350869b8c85de67a350c8d186f11e6"
    assert (found.server_name, found.protocols, found.versions) == (b"", (), (769,))


def test_a_real_client_tells_name_protocols_and_versions() -> None:
    found = read(of_python("shop.example"))
    assert found.server_name == b"shop.example"
    assert found.protocols == (b"h2", b"http/1.1")
    assert found.versions == (0x0304, 0x0303)
    assert 0x1301 in found.ciphers
    assert 29 in found.groups
    assert found.signatures
    assert found.ja3.startswith("771,")


def test_grease_is_kept_and_left_out_of_the_fingerprint() -> None:
    greased = Hello(ciphers=(0x2A2A, 47), extensions=[(0xFAFA, b""), (10, block(2, words(0x1A1A, 29)))])
    plain = Hello(ciphers=(47,), extensions=[(10, block(2, words(29)))])
    assert read(message(greased.body())).ciphers == (0x2A2A, 47)
    assert read(message(greased.body())).ja3 == read(message(plain.body())).ja3
    assert [number for number in range(1 << 16) if is_grease(number)] == [0x0A0A + step * 0x1010 for step in range(16)]


@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_a_message_may_be_spread_over_records(size: int) -> None:
    data = of_python("a.example")
    assert read(records(data, size)) == read(data)


def test_more_is_wanted_until_the_last_byte() -> None:
    data = of_python("a.example")
    assert [read_hello(data[:end]) for end in range(len(data))] == [None] * len(data)


def test_what_follows_the_message_is_not_looked_at() -> None:
    data = of_python("a.example")
    assert read(data + b"garbage") == read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x02\x00\x00\x05\x01\x00\x00\x01\x00",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",
        b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\x00",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        b"\x80\x2e\x01\x00\x02\x00\x15",
        message(Hello(extensions=[(0, b"")]).body()[:-2]),
        message(Hello().body() + b"\x00\x09\x00\x00\xff"),
    ],
)
def test_what_is_no_hello_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedHelloError):
        read_hello(data)


def test_a_hello_that_never_ends_is_malformed() -> None:
    endless = b"\x16\x03\x01" + block(2, b"\x01" + (LIMIT).to_bytes(3) + bytes(16000)) + b"\x16\x03\x01\x00\x01\x00" * 40000
    with pytest.raises(MalformedHelloError):
        read_hello(endless[: 3 * LIMIT])


def test_extensions_that_lie_about_their_length_tell_what_there_is() -> None:
    lying = [
        (0, b"\xff\xff\x00\xff\xffhost"),
        (10, b"\xff\xff\x00\x1d\x00"),
        (16, b"\x00\xff\x02h2\x09http"),
        (43, b"\xff\x03"),
    ]
    found = read(message(Hello(extensions=lying).body()))
    assert found.server_name == b"host"
    assert found.groups == (29,)
    assert found.protocols == (b"h2", b"http")
    assert found.versions == (0x0301,)


def test_versions_have_names() -> None:
    assert [version_name(number) for number in (0x0300, 0x0304, 0x7F1C)] == ["SSL 3", "TLS 1.3", "0x7f1c"]


def looked_at(data: bytes) -> None:
    """Read everything that a hello tells."""
    try:
        hello = read_hello(data)
    except MalformedHelloError:
        return
    if hello is not None:
        assert len(hello.ja3_hash) == 32
        assert isinstance((hello.server_name, hello.protocols, hello.versions, hello.signatures), tuple)


def test_a_hello_may_come_byte_by_byte() -> None:
    data, reader = of_python("a.example"), HelloReader()
    found = [reader.feed(bytes((byte,))) for byte in data]
    assert found[:-1] == [None] * (len(data) - 1)
    assert found[-1] == read(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    looked_at(data)
    looked_at(message(data))


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6), st.integers(0, 600))
def test_a_hello_with_any_damage_is_survived(damage: list[tuple[int, int]], end: int) -> None:
    data = bytearray(of_python("a.example"))
    for at, byte in damage:
        data[at % len(data)] = byte
    looked_at(bytes(data))
    looked_at(bytes(data[:end]))


@given(st.lists(st.tuples(st.sampled_from([0, 10, 11, 13, 16, 43]), st.binary(max_size=40)), max_size=8))
def test_extensions_may_hold_anything(extensions: list[tuple[int, bytes]]) -> None:
    looked_at(message(Hello(extensions=extensions).body()))
