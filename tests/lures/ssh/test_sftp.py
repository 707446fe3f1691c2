# SPDX-License-Identifier: MIT
"""The sftp server answers as OpenSSH's does, and nothing that a client sends upsets it."""

import asyncio

import pytest
from asyncssh.packet import SSHPacket, String, UInt32, UInt64
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.lures.ssh.algorithms import profile
from decnet.lures.ssh.sftp import HANDLES, MESSAGE_LIMIT, SftpServer
from decnet.lures.ssh.transfer import MEMORY_LIMIT, Place
from tests.lures.ssh import desk
from tests.support.lures import MemoryPen

INIT, OPEN, CLOSE, READ, WRITE, SETSTAT, OPENDIR, READDIR, REMOVE, STAT, EXTENDED = 1, 3, 4, 5, 6, 9, 11, 12, 13, 17, 200
STATUS, HANDLE, DATA, NAME, ATTRIBUTES = 101, 102, 103, 104, 105
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
GREETING = bytes((INIT,)) + UInt32(3)


class Client:
    """Sends packets and keeps the answers."""

    def __init__(self, place: Place | None = None) -> None:
        self.pen = MemoryPen()
        self.place = place or desk.place()
        self.sent = b""
        self.server = SftpServer(desk.session(self.pen), self.place, profile("OpenSSH_8.4p1").sftp, self._take, self._drain)

    def _take(self, data: bytes) -> None:
        self.sent += data

    async def _drain(self) -> None:
        await asyncio.sleep(0)

    async def run(self, *packets: bytes) -> tuple[int, list[SSHPacket]]:
        """Send packets, end the input; return exit status and answers."""
        return await self.run_bytes(b"".join(UInt32(len(packet)) + packet for packet in packets))

    async def run_bytes(self, data: bytes) -> tuple[int, list[SSHPacket]]:
        """Send bytes, end the input; return exit status and answers."""
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        self.sent = b""
        status = await self.server.run(reader)
        stream, answers = SSHPacket(self.sent), []
        while stream:
            answers.append(SSHPacket(stream.get_string()))
        return status, answers


def request(kind: int, *parts: bytes, number: int = 7) -> bytes:
    """Return a packet."""
    return bytes((kind,)) + UInt32(number) + b"".join(parts)


def code(answer: SSHPacket) -> int:
    """Return the code of a status."""
    assert answer.get_byte() == STATUS
    assert answer.get_uint32() == 7
    return answer.get_uint32()


async def test_greeting_lists_the_extensions_of_the_version() -> None:
    _, [version] = await Client().run(GREETING)
    assert (version.get_byte(), version.get_uint32()) == (2, 3)
    names = []
    while version:
        names.append((version.get_string(), version.get_string()))
    assert names == [
        (b"posix-rename@openssh.com", b"1"),
        (b"statvfs@openssh.com", b"2"),
        (b"fstatvfs@openssh.com", b"2"),
        (b"hardlink@openssh.com", b"1"),
        (b"fsync@openssh.com", b"1"),
        (b"lsetstat@openssh.com", b"1"),
    ]


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (request(STAT, String("/nothing")), NO_SUCH_FILE),
        (request(OPEN, String("/nothing"), UInt32(1), UInt32(0)), NO_SUCH_FILE),
        (request(OPEN, String("/tmp"), UInt32(2), UInt32(0)), FAILURE),
        (request(OPEN, String("/etc/passwd"), UInt32(2 | 8 | 32), UInt32(0)), FAILURE),
        (request(READ, String("no handle"), UInt64(0), UInt32(1)), FAILURE),
        (request(CLOSE, String("no handle")), NO_SUCH_FILE),
        (request(OPENDIR, String("/etc/passwd")), NO_SUCH_FILE),
        (request(REMOVE, String("/tmp")), FAILURE),
        (request(STAT, String("/" + "x" * 300)), BAD_MESSAGE),
        (request(EXTENDED, String("limits@openssh.com")), UNSUPPORTED),
    ],
)
async def test_refusals_have_the_codes_of_openssh(packet: bytes, expected: int) -> None:
    _, answers = await Client().run(GREETING, packet)
    assert code(answers[1]) == expected


async def test_unknown_request_has_no_answer() -> None:
    """As with sftp-server; what follows is answered."""
    _, answers = await Client().run(GREETING, request(99), request(STAT, String("/tmp")))
    assert [answer.get_byte() for answer in answers[1:]] == [ATTRIBUTES]


async def test_rights_are_those_of_the_user() -> None:
    client = Client(desk.place("eve"))
    _, answers = await client.run(
        GREETING,
        request(OPEN, String("/etc/passwd"), UInt32(2 | 8), UInt32(0)),
        request(REMOVE, String("/etc/passwd")),
        request(OPEN, String("mine"), UInt32(2 | 8), UInt32(0)),
    )
    assert [code(answer) for answer in answers[1:3]] == [DENIED, DENIED]
    assert answers[3].get_byte() == HANDLE
    assert client.place.filesystem.exists("/home/eve/mine")


async def test_file_written_out_of_order_is_kept_as_it_ends_up() -> None:
    client = Client()
    handle = UInt32(0)
    await client.run(
        GREETING,
        request(OPEN, String("/tmp/x"), UInt32(2 | 8 | 16), UInt32(0)),
        request(WRITE, String(handle), UInt64(4), String("4567")),
        request(WRITE, String(handle), UInt64(0), String("0123")),
        request(WRITE, String(handle), UInt64(2), String("!!")),
        request(CLOSE, String(handle)),
    )
    assert client.place.filesystem.read("/tmp/x") == b"01!!4567"
    [file] = client.pen.bodies("file")
    assert client.pen.blobs[file.sha256] == b"01!!4567"


async def test_appending_goes_to_the_end() -> None:
    client = Client()
    client.place.filesystem.write("/tmp/log", b"old ")
    await client.run(
        GREETING,
        request(OPEN, String("/tmp/log"), UInt32(2 | 4), UInt32(0)),
        request(WRITE, String(UInt32(0)), UInt64(0), String("new")),
        request(CLOSE, String(UInt32(0))),
    )
    assert client.place.filesystem.read("/tmp/log") == b"old new"
    assert client.pen.blobs[client.pen.bodies("file")[0].sha256] == b"old new"


async def test_name_of_any_bytes_survives() -> None:
    name = b"/tmp/\xff\n]%0A"
    client = Client()
    await client.run(
        GREETING,
        request(OPEN, String(name), UInt32(2 | 8), UInt32(0)),
        request(WRITE, String(UInt32(0)), UInt64(0), String("x")),
        request(CLOSE, String(UInt32(0))),
    )
    _, answers = await client.run(GREETING, request(OPENDIR, String("/tmp")), request(READDIR, String(UInt32(1))))
    assert b"\xff\n]%0A" in answers[2].get_full_payload()


async def test_open_files_are_bounded() -> None:
    opened = request(OPEN, String("/etc/passwd"), UInt32(1), UInt32(0))
    _, answers = await Client().run(GREETING, *(opened for _ in range(HANDLES + 1)))
    assert [answer.get_byte() for answer in answers[1:]] == [HANDLE] * HANDLES + [STATUS]


async def test_file_beyond_the_room_is_evidence_and_a_failure() -> None:
    client = Client()
    client.place.filesystem.tree.max_bytes = 1000
    _, answers = await client.run(
        GREETING,
        request(OPEN, String("/tmp/big"), UInt32(2 | 8), UInt32(0)),
        request(WRITE, String(UInt32(0)), UInt64(0), String(bytes(5000))),
        request(CLOSE, String(UInt32(0))),
    )
    assert code(answers[3]) == FAILURE
    assert client.pen.bodies("file")[0].size == 5000


async def test_huge_offsets_and_sizes_cost_nothing() -> None:
    client = Client()
    _, answers = await client.run(
        GREETING,
        request(OPEN, String("/tmp/hole"), UInt32(2 | 8), UInt32(0)),
        request(WRITE, String(UInt32(0)), UInt64(1 << 60), String("x")),
        request(10, String(UInt32(0)), UInt32(1), UInt64(1 << 60)),
        request(SETSTAT, String("/tmp/hole"), UInt32(1), UInt64(1 << 60)),
        request(READ, String(UInt32(0)), UInt64(1 << 63), UInt32(0xFFFFFFFF)),
    )
    assert code(answers[2]) == FAILURE
    assert client.place.filesystem.tree.used_bytes < 100_000


async def test_open_files_of_a_connection_share_a_bound_of_memory() -> None:
    """Tiny packets may not make many large files."""
    client = Client()
    client.place.filesystem.write("/tmp/large", bytes(20 << 20))
    opened = [request(OPEN, String("/tmp/large"), UInt32(1), UInt32(0)) for _ in range(5)]
    holes = [request(OPEN, String(f"/tmp/{number}"), UInt32(2 | 8), UInt32(0)) for number in range(3)]
    far = [request(WRITE, String(UInt32(3 + number)), UInt64((30 << 20) - 1), String("x")) for number in range(3)]
    _, answers = await client.run(GREETING, *opened, *holes, *far)
    assert [answer.get_byte() for answer in answers[1:6]] == [HANDLE] * 3 + [STATUS] * 2
    assert [code(answer) for answer in answers[9:]] == [FAILURE] * 3
    assert client.place.memory.left == MEMORY_LIMIT


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
