# SPDX-License-Identifier: MIT
"""Files that a client has open are kept as they end up, within bounds of number and memory."""

from asyncssh.packet import String, UInt32, UInt64

from decnet.lures.shell.transfer import MEMORY_LIMIT
from decnet.lures.ssh.sftp_handles import HANDLES
from tests.lures.ssh.sftp_client import (
    CLOSE,
    FAILURE,
    GREETING,
    HANDLE,
    OPEN,
    READ,
    SETSTAT,
    STATUS,
    WRITE,
    Client,
    code,
    request,
)


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
