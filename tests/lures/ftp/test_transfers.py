# SPDX-License-Identifier: MIT
"""What is sent arrives byte for byte, is evidence, and is there again for the same visitor; nothing else is."""

import asyncio
import hashlib
import socket
import struct
from typing import Any

import pytest

from decnet.lures.ftp.place import IN_FLIGHT
from decnet.lures.shell import transfer
from tests.lures.ftp.visitor import Visitor, dialled, inside, lure
from tests.support.handover import until
from tests.support.lures import Served, serving

EVERY_BYTE = bytes(range(256)) * 500


def uploads(served: Served) -> list[Any]:
    """Return the records of uploads."""
    return [body for body in served.pen.bodies("file") if body.direction == "upload"]


async def test_upload_is_kept_as_it_was_sent_and_comes_back() -> None:
    async with inside() as (visitor, served):
        assert await visitor.send("STOR x \xff", EVERY_BYTE) == "226 Transfer complete.\r\n"
        content, answer = await visitor.fetch("RETR x \xff")
        assert content == EVERY_BYTE
        assert answer == "226 Transfer complete.\r\n"
    upload, download = served.pen.bodies("file")
    assert (upload.path, upload.size, upload.truncated) == ("/home/ftpuser/x \uefff", len(EVERY_BYTE), False)
    assert served.pen.blobs[upload.sha256] == EVERY_BYTE
    assert (download.direction, download.sha256) == ("download", hashlib.sha256(EVERY_BYTE).hexdigest())


async def test_upload_is_there_for_the_next_connection_of_the_same_address_alone() -> None:
    async with serving(lure()) as served:
        async with dialled(served) as visitor:
            await visitor.log_in()
            await visitor.send("STOR left", b"x")
        async with dialled(served) as visitor:
            await visitor.log_in()
            assert b"left" in (await visitor.fetch("LIST"))[0]
        reader, writer = await asyncio.open_connection(served.host, served.port, local_addr=("127.0.0.3", 0))
        other = Visitor(reader, writer)
        await other.answer()
        await other.log_in()
        assert await other.say("SIZE left") == "550 Could not get file size.\r\n"
        writer.close()


async def test_append_and_restart_change_the_file_where_they_say() -> None:
    async with inside() as (visitor, served):
        await visitor.send("STOR f", b"hello\r\nx\n")
        assert await visitor.send("APPE f", b"more") == "226 Transfer complete.\r\n"
        await visitor.say("REST 3")
        assert await visitor.fetch("RETR f") == (b"", "550 No support for resume of ASCII transfer.\r\n")
        await visitor.say("TYPE I")
        assert await visitor.say("REST 3") == "350 Restart position accepted (3).\r\n"
        await visitor.send("STOR f", b"ZZ")
        assert (await visitor.fetch("RETR f"))[0] == b"helZZ\r\nx\nmore"
        await visitor.say("REST 5")
        assert (await visitor.fetch("RETR f"))[0] == b"\r\nx\nmore"
        await visitor.say("REST 500")
        assert await visitor.fetch("RETR f") == (b"", "226 Transfer complete.\r\n")
        await visitor.say("REST 20")
        await visitor.send("STOR g", b"end")
        assert (await visitor.fetch("RETR g"))[0] == bytes(20) + b"end"
    assert [served.pen.blobs[body.sha256] for body in uploads(served)] == [b"hello\r\nx\n", b"more", b"ZZ", b"end"]


async def test_unique_names_are_found() -> None:
    async with inside() as (visitor, _):
        names = []
        for asked in ("STOU", "STOU", "STOU base", "STOU base"):
            _, writer = await visitor.open()
            names.append((await visitor.say(asked)).strip())
            writer.close()
            await visitor.answer()
        assert names == ["150 FILE: STOU.1", "150 FILE: STOU.2", "150 FILE: base", "150 FILE: base.1"]


@pytest.mark.parametrize("name", ["/etc/x", "/nope/x", ".", ""])
async def test_what_cannot_be_written_is_refused_before_anything_is_sent(name: str) -> None:
    async with inside() as (visitor, served):
        assert await visitor.send(f"STOR {name}", b"x") == "553 Could not create file.\r\n"
    assert uploads(served) == []


@pytest.mark.parametrize("name", ["/etc/shadow", "/etc", "nope", "/dev/zero", "/root/notes.txt", ""])
async def test_what_cannot_be_read_is_refused(name: str) -> None:
    async with inside() as (visitor, _):
        assert await visitor.fetch(f"RETR {name}") == (b"", "550 Failed to open file.\r\n")


async def test_file_whose_size_the_kernel_does_not_say_is_sent_all_the_same() -> None:
    left = IN_FLIGHT.left
    async with inside() as (visitor, served):
        content, answer = await visitor.fetch("RETR /proc/version")
        assert content.startswith(b"Linux version 5.10.0-28-amd64")
        assert answer == "226 Transfer complete.\r\n"
    assert IN_FLIGHT.left == left
    assert not served.pen.bodies("file")[0].truncated


async def test_listing_of_a_folder_that_cannot_be_opened_says_so() -> None:
    async with inside() as (visitor, _):
        assert await visitor.fetch("LIST /root/") == (b"", "226 Transfer done (but failed to open directory).\r\n")
        assert await visitor.fetch("LIST nope") == (b"", "226 Directory send OK.\r\n")


async def test_folder_that_can_be_read_but_not_entered_shows_nothing_and_harms_nobody() -> None:
    async with inside() as (visitor, _):
        await visitor.say("MKD half")
        await visitor.send("STOR half/x", b"x")
        await visitor.say("SITE CHMOD 444 half")
        content, answer = await visitor.fetch("LIST -a half")
        assert b"x" not in content.split()
        assert answer == "226 Directory send OK.\r\n"
        assert (await visitor.say("STAT half")).startswith("213-Status follows:")


async def test_folder_that_goes_while_it_is_listed_is_missed() -> None:
    async with inside() as (visitor, _):
        await visitor.say("MKD short")
        reader, writer = await visitor.open()
        visitor.writer.write(b"RMD short\r\nLIST short/\r\n")
        assert (await visitor.answer())[:3] == "250"
        assert (await visitor.answer())[:3] == "150"
        assert await reader.read() == b""
        assert await visitor.answer() == "226 Transfer done (but failed to open directory).\r\n"
        writer.close()


async def test_files_on_their_way_are_bounded_for_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IN_FLIGHT, "left", 1000)
    async with inside() as (visitor, served):
        assert await visitor.send("STOR much", EVERY_BYTE) == "451 Failure writing to local file.\r\n"
        assert await visitor.send("STOR little", b"x" * 900) == "226 Transfer complete.\r\n"
        assert (await visitor.fetch("RETR little"))[0] == b"x" * 900
        assert (await visitor.fetch("RETR /usr/bin/vi"))[1] == "550 Failed to open file.\r\n"
    assert IN_FLIGHT.left == 1000
    assert served.pen.blobs[uploads(served)[0].sha256] == EVERY_BYTE


async def test_upload_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    async with inside() as (visitor, served):
        _, writer = await visitor.open()
        await visitor.say("STOR broken")
        writer.write(b"first half")
        await writer.drain()
        before = len(b"USER ftpuser\r\nPASS planted\r\nPASV\r\nSTOR broken\r\n")
        await until(lambda: served.sessions[0].received >= before + 10)
        abort(writer)
        assert await visitor.answer() == "426 Failure reading network stream.\r\n"
        assert await visitor.say("SIZE broken") == "213 10\r\n"
    [body] = uploads(served)
    assert (served.pen.blobs[body.sha256], body.truncated) == (b"first half", True)


async def test_download_that_breaks_off_is_recorded_as_far_as_it_went() -> None:
    async with inside() as (visitor, served):
        await visitor.send("STOR big", bytes(8_000_000))
        _, writer = await visitor.open()
        assert (await visitor.say("RETR big")).startswith("150 Opening BINARY mode data connection for big (8000000 bytes).")
        abort(writer)
        assert await visitor.answer() == "426 Failure writing network stream.\r\n"
    body = served.pen.bodies("file")[-1]
    assert (body.direction, body.truncated) == ("download", True)
    assert body.size < 8_000_000


async def test_session_that_ends_in_the_middle_of_an_upload_keeps_what_came() -> None:
    async with serving(lure(), idle_seconds=0.2) as served:
        async with dialled(served) as visitor:
            await visitor.log_in()
            _, writer = await visitor.open()
            await visitor.say("STOR slow")
            writer.write(b"some")
            assert await visitor.answer() == "421 Data timeout. Reconnect. Sorry.\r\n"
            assert await visitor.answer() == ""
            writer.close()
        await served.session_ended()
    [body] = uploads(served)
    assert (served.pen.blobs[body.sha256], body.truncated) == (b"some", True)


async def test_upload_that_is_cut_by_the_end_of_the_service_is_kept_as_far_as_it_came() -> None:
    async with serving(lure()) as served, dialled(served) as visitor:
        await visitor.log_in()
        _, writer = await visitor.open()
        await visitor.say("STOR cut")
        before = served.sessions[0].received
        writer.write(b"first half")
        await until(lambda: served.sessions[0].received >= before + 10)
    writer.close()
    [body] = uploads(served)
    assert (served.pen.blobs[body.sha256], body.truncated) == (b"first half", True)


async def test_upload_beyond_the_bounds_of_a_session_ends_it() -> None:
    async with serving(lure(), byte_limit=100_000) as served:
        async with dialled(served) as visitor:
            await visitor.log_in()
            answer = await visitor.send("STOR much", bytes(500_000))
            assert answer in ("426 Failure reading network stream.\r\n", "")
        await served.session_ended()
    assert served.pen.ended[0].reason == "bytes"
    assert uploads(served)[0].truncated


async def test_decoy_without_room_says_so_and_the_evidence_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decnet.lures.ftp.transfers.SPARSE_LIMIT", 1000)
    assert transfer.SPARSE_LIMIT > 1000
    async with inside() as (visitor, served):
        assert await visitor.send("STOR much", EVERY_BYTE) == "451 Failure writing to local file.\r\n"
    [body] = uploads(served)
    assert served.pen.blobs[body.sha256] == EVERY_BYTE


async def test_anonymous_uploads_and_overwrites_nothing() -> None:
    async with inside(anonymous="yes") as (visitor, served):
        assert await visitor.send("STOR x", b"x") == "553 Could not create file.\r\n"
        assert await visitor.say("CWD incoming") == "250 Directory successfully changed.\r\n"
        assert await visitor.send("STOR x", b"one") == "226 Transfer complete.\r\n"
        assert await visitor.send("STOR x", b"two") == "553 Could not create file.\r\n"
        assert await visitor.say("DELE x") == "550 Permission denied.\r\n"
        assert await visitor.send("APPE x", b"two") == "550 Permission denied.\r\n"
    assert [body.path for body in uploads(served)] == ["/srv/ftp/incoming/x"]


async def test_empty_upload_makes_an_empty_file() -> None:
    async with inside() as (visitor, served):
        assert await visitor.send("STOR empty", b"") == "226 Transfer complete.\r\n"
        assert await visitor.say("SIZE empty") == "213 0\r\n"
    assert uploads(served) == []


def abort(writer: asyncio.StreamWriter) -> None:
    """Break a connection off."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
