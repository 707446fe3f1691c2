# SPDX-License-Identifier: MIT
"""The sftp server answers in order, and nothing that a client sends upsets it."""

from asyncssh.packet import String, UInt32, UInt64
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.lures.ssh.sftp import MESSAGE_LIMIT
from tests.lures.ssh.sftp_client import ATTRIBUTES, EXTENDED, GREETING, STAT, Client, request


async def test_unknown_request_has_no_answer() -> None:
    """As with sftp-server; what follows is answered."""
    _, answers = await Client().run(GREETING, request(99), request(STAT, String("/tmp")))
    assert [answer.get_byte() for answer in answers[1:]] == [ATTRIBUTES]


async def test_packet_that_is_too_long_ends_the_server() -> None:
    client = Client()
    status, _ = await client.run_bytes(UInt32(MESSAGE_LIMIT + 1))
    assert status == 11
    assert client.pen.bodies("violation")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=8), st.binary(max_size=20))
async def test_garbage_is_answered_or_ends_the_server(packets: list[tuple[int, bytes]], rest: bytes) -> None:
    data = b"".join(UInt32(len(body) + 5) + request(kind, body) for kind, body in packets)
    status, _ = await Client().run_bytes(data + rest)
    assert status in (0, 11, 255)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*range(3, 21), EXTENDED]),
            st.sampled_from(
                [b"/tmp/a", b"/tmp", b"/", b"", UInt32(0), UInt32(1), b"/etc/passwd", b"\0", b"statvfs@openssh.com"]
            ),
            st.sampled_from([b"", UInt32(0), UInt32(63), UInt64(0) + UInt32(9), UInt64(3) + String("data"), String("/tmp/b")]),
            st.sampled_from([b"", UInt32(0), UInt32(0x8000000F) + bytes(40)]),
        ),
        max_size=12,
    )
)
async def test_well_formed_requests_in_any_order_are_answered(requests: list[tuple[int, bytes, bytes, bytes]]) -> None:
    client = Client()
    status, answers = await client.run(GREETING, *(request(kind, String(name), *rest) for kind, name, *rest in requests))
    assert status in (0, 255)
    assert len(answers) <= len(requests) + 1
    assert status == 255 or len(answers) == len(requests) + 1
