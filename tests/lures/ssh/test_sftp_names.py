# SPDX-License-Identifier: MIT
"""Names are bytes, rights are those of the user, and what changes the file system is recorded."""

from asyncssh.packet import String, UInt32, UInt64

from decnet.domain.captured import raw
from tests.lures.ssh import desk
from tests.lures.ssh.sftp_client import (
    CLOSE,
    DENIED,
    FAILURE,
    GREETING,
    HANDLE,
    OK,
    OPEN,
    OPENDIR,
    READDIR,
    REMOVE,
    SETSTAT,
    WRITE,
    Client,
    code,
    request,
)


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


async def test_changes_of_names_are_done_and_recorded() -> None:
    client = Client()
    files = client.place.filesystem
    _, answers = await client.run(
        GREETING,
        request(14, String("/tmp/a"), UInt32(0)),
        request(18, String("/tmp/a"), String("/tmp/b")),
        request(20, String("/etc/passwd"), String("/tmp/link")),
        request(SETSTAT, String("/tmp/b"), UInt32(4), UInt32(0o700)),
        request(18, String("/tmp/b"), String("/tmp/link")),
        request(REMOVE, String("/tmp/link")),
        request(15, String("/tmp/b")),
    )
    assert [code(answer) for answer in answers[1:]] == [OK, OK, OK, OK, FAILURE, OK, OK]
    assert files.listdir("/tmp") == []
    assert [raw(body.command) for body in client.pen.bodies("command")] == [
        b"mkdir /tmp/a",
        b"rename /tmp/a /tmp/b",
        b"ln -s /etc/passwd /tmp/link",
        b"chmod 700 /tmp/b",
        b"rename /tmp/b /tmp/link",
        b"rm /tmp/link",
        b"rmdir /tmp/b",
    ]
