# SPDX-License-Identifier: MIT
"""The extensions are those of the version that is imitated, and do what they say."""

from asyncssh.packet import String

from tests.lures.ssh.sftp_client import EXTENDED, FAILURE, GREETING, NAME, OK, UNSUPPORTED, Client, code, request


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


async def test_extension_of_a_newer_version_is_refused_and_answered_by_that_version() -> None:
    asked = (GREETING, request(EXTENDED, String("expand-path@openssh.com"), String("~/x")))
    _, old = await Client().run(*asked)
    assert code(old[1]) == UNSUPPORTED
    _, [_, new] = await Client(software="OpenSSH_9.2p1").run(*asked)
    assert (new.get_byte(), new.get_uint32(), new.get_uint32()) == (NAME, 7, 1)
    assert new.get_string() == b"/root/x"


async def test_rename_over_a_file_is_the_extension_and_not_the_request() -> None:
    client = Client()
    client.place.filesystem.write("/tmp/a", b"a")
    client.place.filesystem.write("/tmp/b", b"b")
    pair = String("/tmp/a") + String("/tmp/b")
    _, answers = await client.run(GREETING, request(18, pair), request(EXTENDED, String("posix-rename@openssh.com"), pair))
    assert [code(answer) for answer in answers[1:]] == [FAILURE, OK]
    assert client.place.filesystem.read("/tmp/b") == b"a"


async def test_room_on_the_disk_shrinks_with_what_is_written() -> None:
    async def free(client: Client) -> int:
        _, answers = await client.run(GREETING, request(EXTENDED, String("statvfs@openssh.com"), String("/")))
        answers[1].get_bytes(1 + 4 + 3 * 8)
        return answers[1].get_uint64()

    client = Client()
    before = await free(client)
    client.place.filesystem.write("/tmp/x", bytes(1 << 20))
    assert before - await free(client) >= 256
