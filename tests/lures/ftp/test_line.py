# SPDX-License-Identifier: MIT
"""Lines are read as vsftpd reads them; what is none ends the conversation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.ftp.line import MAX_LINE, Command, LineTooLongError, number, parse, reply, take_command


@pytest.mark.parametrize(
    ("line", "name", "argument"),
    [
        (b"user  x\r", b"USER", b" x"),
        (b"PWD", b"PWD", b""),
        (b"PW\0D\r\r", b"PW\nD", b""),
        (b"   PWD", b"", b"  PWD"),
        (b" ", b" ", b""),
        (b"\r", b"", b""),
        (b"CWD a\rb", b"CWD", b"a\rb"),
    ],
)
def test_line_is_split_at_its_first_space(line: bytes, name: bytes, argument: bytes) -> None:
    assert parse(line)[:2] == (name, argument)


def test_line_feed_alone_ends_a_line_and_what_follows_stays() -> None:
    buffer = bytearray(b"NOOP\nPWD\r\nSY")
    assert [take_command(buffer) for _ in range(3)] == [
        Command(b"NOOP", b"", b"NOOP"),
        Command(b"PWD", b"", b"PWD"),
        None,
    ]
    assert buffer == b"SY"


def test_line_without_an_end_is_too_long() -> None:
    assert take_command(bytearray(MAX_LINE - 1)) is None
    with pytest.raises(LineTooLongError):
        take_command(bytearray(MAX_LINE))


@given(st.binary(max_size=3 * MAX_LINE))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    buffer = bytearray(data)
    try:
        while take_command(buffer) is not None:
            pass
    except LineTooLongError:
        assert b"\n" not in buffer[:MAX_LINE]


def test_reply_keeps_to_its_line_and_doubles_what_telnet_would_take_for_a_command() -> None:
    assert reply(257, b"a\n\xff") == b"257 a\0\xff\xff\r\n"
    assert reply(213, "Status follows:", more=True) == b"213-Status follows:\r\n"


def test_numbers_are_read_as_atoi_reads_them() -> None:
    assert [number(text) for text in (b"12", b" 12", b"12x", b"x", b"", b"-1", b"0012")] == [12, 12, 12, 0, 0, 0, 12]
