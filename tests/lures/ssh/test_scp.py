# SPDX-License-Identifier: MIT
"""scp starts only what is scp, and survives any other end."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.lures.ssh.scp import Scp, ScpCommand, parse_scp
from tests.lures.ssh import desk
from tests.support.lures import MemoryPen


async def talk(command: bytes, data: bytes, pen: MemoryPen | None = None) -> tuple[int, bytes]:
    """Run a command on ``data``; return its exit status and what it said."""
    parsed = parse_scp(command)
    assert parsed is not None
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    said = bytearray()

    async def drain() -> None:
        await asyncio.sleep(0)

    scp = Scp(desk.session(pen or MemoryPen()), desk.place(), reader, said.extend, drain)
    return await scp.run(parsed), bytes(said)


@pytest.mark.parametrize(
    ("command", "parsed"),
    [
        (b"scp -t /tmp", ScpCommand(sends=True, options="t", paths=(b"/tmp",))),
        (b"scp -r -p -f 'a b' c", ScpCommand(sends=False, options="rpf", paths=(b"a b", b"c"))),
        (b"scp -rt -- /x", ScpCommand(sends=True, options="rt-", paths=(b"/x",))),
        (b"scp -t \xff", ScpCommand(sends=True, options="t", paths=(b"\xff",))),
    ],
)
def test_remote_end_is_recognised(command: bytes, parsed: ScpCommand) -> None:
    assert parse_scp(command) == parsed


@pytest.mark.parametrize(
    "command",
    [
        b"scp",
        b"scp a b",
        b"scp -t",
        b"scp -t -f x",
        b"scp -t x; id",
        b"scp -t $(id)",
        b"scp -t 'x",
        b"ls -t x",
        b"scp -t x\nid",
    ],
)
def test_everything_else_is_for_the_shell(command: bytes) -> None:
    assert parse_scp(command) is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"X\n", b"\0\x01scp: X\n"),
        (b"\n", b"\0\x01scp: protocol error: unexpected <newline>\n"),
        (b"C0644 1 ..\n", b"\0\x01scp: error: unexpected filename: ..\n"),
        (b"C0644 x x\n", b"\0\x01scp: protocol error: size not present\n"),
        (b"C9999 1 x\n", b"\0\x01scp: protocol error: bad mode\n"),
        (b"T1 0 x 0\n", b"\0\x01scp: protocol error: atime.sec not present\n"),
        (b"D0755 0 d\n", b"\0\x01scp: protocol error: received directory without -r\n"),
        (b"\x02gone\n", b"\0"),
    ],
)
async def test_protocol_errors_end_it(data: bytes, said: bytes) -> None:
    """In the words of scp 9.2."""
    assert await talk(b"scp -t /tmp", data) == (1, said)


async def test_target_that_must_be_a_folder() -> None:
    status, said = await talk(b"scp -d -t /etc/passwd", b"")
    assert (status, said) == (1, b"\x01scp: /etc/passwd: Not a directory\n")


async def test_patterns_are_expanded() -> None:
    pen = MemoryPen()
    status, said = await talk(b"scp -f /etc/*w*", b"\0" * 10, pen)
    assert status == 0
    assert said.startswith(b"C0644 ")
    assert [body.path for body in pen.bodies("file")] == ["/etc/passwd"]


async def test_folders_deeper_than_the_bound_are_refused() -> None:
    status, said = await talk(b"scp -r -t /tmp", b"D0755 0 d\n" * 100)
    assert status == 1
    assert said.count(b"\0") < 40


@settings(max_examples=200, deadline=None)
@given(
    command=st.sampled_from([b"scp -t /tmp", b"scp -r -p -t /tmp", b"scp -f /etc/passwd", b"scp -rpf /"]),
    data=st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from([b"C0644 3 a\n", b"abc\0", b"\0", b"D0755 0 d\n", b"E\n", b"T1 0 1 0\n", b"\x01x\n", b"C9 x\n"]),
            max_size=15,
        ).map(b"".join),
    ),
)
async def test_any_other_end_is_survived(command: bytes, data: bytes) -> None:
    status, _ = await talk(command, data)
    assert status in (0, 1)
