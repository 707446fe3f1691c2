# SPDX-License-Identifier: MIT
"""
Options, compared byte for byte with a real telnetd.

The conversations were written down from netkit's telnetd 0.17 (Debian's telnetd-ssl 0.17.41+really0.17-3 on Debian 12, of which
the questions about TLS that it puts before and between are left out, as the plain telnetd of Debian 11 has none).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.telnet.negotiation import ANSWERS, VARIABLES, Negotiator, variables
from decnet.lures.telnet.protocol import Code, Decoder, Negotiation, Subnegotiation, negotiate, subnegotiate

FIRST = b"\xff\xfd\x18\xff\xfd \xff\xfd#\xff\xfd'"
# each pair: what a client sent, what the real telnetd answered
OF_THE_TELNET_PROGRAM = [
    (
        b"\xff\xfb\x18\xff\xfb \xff\xfc#\xff\xfb'",
        b"\xff\xfa \x01\xff\xf0\xff\xfa'\x01\xff\xf0\xff\xfa\x18\x01\xff\xf0",
    ),
    (
        b"\xff\xfa \x0038400,38400\xff\xf0\xff\xfa'\x00\xff\xf0\xff\xfa\x18\x00XTERM\xff\xf0",
        b"\xff\xfb\x03\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x05\xff\xfd!",
    ),
    (
        b"\xff\xfd\x03\xff\xfc\x01\xff\xfb\x1f\xff\xfa\x1f\x00\x00\x00\x00\xff\xf0\xff\xfd\x05\xff\xfb!",
        b"\xff\xfb\x01",
    ),
]
OF_ONE_THAT_REFUSES = [
    (b"\xff\xfc\x18\xff\xfc \xff\xfc#\xff\xfc'", b"\xff\xfb\x03\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x05\xff\xfd!"),
    (b"\xff\xfe\x03\xff\xfc\x01\xff\xfc\x1f\xff\xfe\x05\xff\xfc!", b"\xff\xfb\x03\xff\xfb\x01"),
]
OF_ONE_THAT_ECHOES = [
    (b"\xff\xfb\x18\xff\xfc \xff\xfc#\xff\xfc'", b"\xff\xfa\x18\x01\xff\xf0"),
    (b"\xff\xfa\x18\x00vt100\xff\xf0", b"\xff\xfb\x03\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x05\xff\xfd!"),
    (b"\xff\xfd\x03\xff\xfb\x01\xff\xfb\x1f", b"\xff\xfe\x01\xff\xfb\x01"),
]


class Side:
    """A server's side, the bytes that it said, and the sizes that it was told."""

    def __init__(self) -> None:
        self.said = bytearray()
        self.sizes: list[tuple[int, int]] = []
        self.negotiator = Negotiator(self.said.extend, lambda columns, rows: self.sizes.append((columns, rows)))
        self.decoder = Decoder()
        self.negotiator.begin()

    def hear(self, data: bytes) -> bytes:
        """Take what a client sends; return what was answered."""
        self.said.clear()
        for item in self.decoder.feed(data):
            if isinstance(item, Negotiation):
                self.negotiator.negotiate(item)
            elif isinstance(item, Subnegotiation):
                self.negotiator.subnegotiate(item)
        return bytes(self.said)


@pytest.mark.parametrize("conversation", [OF_THE_TELNET_PROGRAM, OF_ONE_THAT_REFUSES, OF_ONE_THAT_ECHOES])
def test_a_conversation_is_that_of_the_real_one(conversation: list[tuple[bytes, bytes]]) -> None:
    side = Side()
    assert bytes(side.said) == FIRST
    for sent, answered in conversation:
        assert not side.negotiator.settled.is_set()
        assert side.hear(sent) == answered
    assert side.negotiator.settled.is_set()


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"\xff\xfb\x63\xff\xfd%", b"\xff\xfe\x63\xff\xfc%"),  # an option that does not exist, authentication
        (b'\xff\xfb"\xff\xfd&', b'\xff\xfe"\xff\xfc&'),  # line mode, encryption
        (b"\xff\xfd\x06", b"\xff\xfb\x06"),  # the timing mark
        (b"\xff\xfd\x00\xff\xfb\x00", b"\xff\xfb\x00\xff\xfd\x00"),  # binary
    ],
)
def test_what_was_not_asked_for_is_answered_as_the_real_one_does(sent: bytes, answered: bytes) -> None:
    assert Side().hear(sent) == answered


def test_what_is_known_already_is_not_answered() -> None:
    """Else two programs that repeat themselves would go on for ever (RFC 854, page 3)."""
    side = Side()
    for sent, _ in OF_THE_TELNET_PROGRAM:
        side.hear(sent)
    side.hear(b"\xff\xfd\x01")
    assert side.hear(b"\xff\xfd\x01\xff\xfd\x03\xff\xfb\x18\xff\xfc\x23") == b""


def test_status_tells_the_options_in_force() -> None:
    side = Side()
    for sent, _ in OF_THE_TELNET_PROGRAM:
        side.hear(sent)
    side.hear(b"\xff\xfd\x01")
    told = side.hear(subnegotiate(5, b"\x01"))
    assert told.startswith(b"\xff\xfa\x05\0\xfb\x01\xfb\x03\xfb\x05")
    assert told.endswith(b"\xff\xf0")


def test_what_the_client_told_is_evidence() -> None:
    side = Side()
    side.hear(b"\xff\xfb\x18\xff\xfb \xff\xfb#\xff\xfb'")
    side.hear(subnegotiate(32, b"\x009600,9600") + subnegotiate(35, b"\0evil:0") + subnegotiate(24, b"\0ANSI"))
    side.hear(subnegotiate(39, b"\0\0USER\x01-f root\x03ODD\x01a\x02\x01b\0EMPTY"))
    side.hear(b"\xff\xfb\x1f" + subnegotiate(31, b"\0\xff\0\x30"))
    detail = side.negotiator.client.detail()
    assert detail["terminal"] == "ANSI"
    assert detail["speed"] == "9600,9600"
    assert detail["display"] == "evil:0"
    assert detail["window"] == "255x48"
    assert detail["environment"] == "USER=-f root\nODD=a\x01b\nEMPTY="
    assert detail["options"].startswith("WILL TTYPE, WILL TSPEED, WILL XDISPLOC, WILL NEW_ENVIRON")
    assert side.sizes == [(255, 48)]


def test_a_client_that_never_negotiates_is_not_negotiated_with() -> None:
    side = Side()
    side.said.clear()
    side.negotiator.give_up()
    assert not side.said
    assert side.negotiator.settled.is_set()


def test_a_client_that_stops_half_way_still_learns_who_echoes() -> None:
    side = Side()
    side.hear(negotiate(Code.WILL, 24))
    side.said.clear()
    side.negotiator.give_up()
    assert bytes(side.said) == b"\xff\xfb\x03\xff\xfb\x01"


def test_what_is_kept_of_a_client_is_bounded() -> None:
    side = Side()
    for number in range(300):
        side.hear(bytes((255, 251, number % 256)) + subnegotiate(39, b"\0\0N%d\x01v" % number))
    assert len(side.negotiator.client.answers) == ANSWERS
    assert len(side.negotiator.client.environment) == VARIABLES
    assert side.negotiator.client.detail()["further"] == str(2 * 300 - ANSWERS - VARIABLES)


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    side = Side()
    said = side.hear(data)
    assert len(said) <= 40 * len(data) + 100


@given(st.binary(max_size=200))
def test_any_environment_is_read(data: bytes) -> None:
    assert sum(len(name) + len(value) for name, value in variables(data)) <= len(data)
