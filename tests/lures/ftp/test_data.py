# SPDX-License-Identifier: MIT
"""Data connections come in, from the client's host alone; the decoy connects to nobody, and who wants it to is recorded."""

import asyncio
import re
import socket

import pytest

from decnet.lures.ftp import data
from tests.lures.ftp.visitor import Visitor, dialled, inside, lure
from tests.support.lures import serving


async def port_of(visitor: Visitor, command: str = "EPSV") -> int:
    """Have a door opened and return its port."""
    found = re.search(r"\(\|\|\|(\d+)\|\)", await visitor.say(command))
    assert found
    return int(found[1])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("PORT", "500 Illegal PORT command."),
        ("PORT 1,2,3", "500 Illegal PORT command."),
        ("PORT 127,0,0,1,4,256", "500 Illegal PORT command."),
        ("PORT 127,0,0,1,0,22", "500 Illegal PORT command."),
        ("PORT 8,8,8,8,0,53", "500 Illegal PORT command."),
        ("PORT 127,0,0,1,200,200", "200 PORT command successful. Consider using PASV."),
        ("EPRT x", "500 Bad EPRT command."),
        ("EPRT", "500 Bad EPRT protocol."),
        ("EPRT |3|x|1|", "500 Bad EPRT protocol."),
        ("EPRT |1|xx|2|", "500 Bad EPRT command."),
        ("EPRT |1|127.0.0.1|99999|", "500 Bad EPRT command."),
        ("EPRT |1|10.0.0.1|2345|", "500 Illegal EPRT command."),
        ("EPRT |2|::ffff:127.0.0.1|2345|", "200 EPRT command successful. Consider using EPSV."),
        ("EPSV 3", "522 Bad network protocol."),
        ("LIST", "425 Use PORT or PASV first."),
        ("RETR x", "425 Use PORT or PASV first."),
        ("STOR x", "425 Use PORT or PASV first."),
    ],
)
async def test_answers_are_those_of_vsftpd(said: str, answer: str) -> None:
    async with inside() as (visitor, _):
        assert await visitor.say(said) == f"{answer}\r\n"


@pytest.mark.parametrize("said", ["PORT 8,8,8,8,0,53", "EPRT |2|2001:db8::1|2345|"])
async def test_bounce_is_evidence(said: str) -> None:
    async with inside() as (visitor, served):
        await visitor.say(said)
    [violation] = served.pen.bodies("violation")
    assert (violation.reason, violation.data) == ("data connection to another address", said.partition(" ")[2])


async def test_active_mode_reaches_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as waiting:
        waiting.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        port = waiting.getsockname()[1]
        async with inside() as (visitor, _):
            assert (await visitor.say(f"PORT 127,0,0,1,{port >> 8},{port & 255}")).startswith("200")
            assert await visitor.say("LIST") == "425 Failed to establish connection.\r\n"
            assert await visitor.say("LIST") == "425 Use PORT or PASV first.\r\n"
        with pytest.raises(BlockingIOError):
            waiting.accept()


async def test_stranger_at_the_door_ends_the_transfer_as_vsftpd_does() -> None:
    async with inside() as (visitor, served):
        port = await port_of(visitor)
        stranger = socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.9", 0))
        assert await visitor.say("LIST") == "425 Security: Bad IP connecting.\r\n"
        assert await visitor.say("LIST") == "425 Use PORT or PASV first.\r\n"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        stranger.close()
    [violation] = served.pen.bodies("violation")
    assert violation.data.startswith("127.0.0.9:")


async def test_nobody_at_the_door_is_waited_for_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "ACCEPT_SECONDS", 0.05)
    async with inside() as (visitor, _):
        port = await port_of(visitor)
        assert await visitor.say("NLST") == "425 Failed to establish connection.\r\n"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_new_door_closes_the_one_before_and_goodbye_closes_all() -> None:
    async with inside() as (visitor, _):
        first, second = await port_of(visitor), await port_of(visitor)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", first)
        await visitor.say("PORT 1")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", second)
        last = await port_of(visitor)
        await visitor.say("QUIT")
        assert await visitor.answer() == ""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", last)


async def test_only_extended_commands_work_after_a_client_said_so() -> None:
    async with inside() as (visitor, _):
        assert await visitor.say("EPSV ALL") == "200 EPSV ALL ok.\r\n"
        assert await visitor.say("PASV") == await visitor.say("PORT 1") == "550 Permission denied.\r\n"
        assert await port_of(visitor) > 1023


async def test_ipv6_client_is_served_by_ipv6() -> None:
    async with serving(lure(), host="::1") as served:
        async with dialled(served) as visitor:
            await visitor.log_in()
            assert (await visitor.say("PASV")).startswith("227 Entering Passive Mode (0,0,0,0,")
            reader, writer = await asyncio.open_connection("::1", await port_of(visitor, "EPSV 2"))
            assert (await visitor.say("NLST")).startswith("150")
            assert b".txt" in await reader.read()
            writer.close()
            assert (await visitor.answer()).startswith("226")
            assert (await visitor.say("EPRT |2|::1|2345|")).startswith("200")
        await served.session_ended()


async def test_decoy_that_gets_no_socket_gives_up_as_vsftpd_does() -> None:
    async with inside() as (visitor, served):
        served.lends = False
        assert await visitor.say("PASV") == "500 OOPS: vsf_sysutil_bind\r\n"
        assert await visitor.answer() == ""
