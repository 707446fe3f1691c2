# SPDX-License-Identifier: MIT
"""Each login is evidence before its answer; whoever knows a planted password is let in, and nobody else."""

import time

import pytest

from tests.lures.ftp.visitor import dialled, inside, lure, visiting
from tests.support.lures import serving


async def test_password_is_recorded_whether_it_is_right_or_not() -> None:
    async with visiting() as (visitor, served):
        assert await visitor.say("USER root") == "331 Please specify the password.\r\n"
        assert await visitor.say("PASS toor \xff") == "530 Login incorrect.\r\n"
        await visitor.log_in()
    tried = [(body.username, body.accepted, body.mechanism) for body in served.pen.bodies("credential")]
    assert tried == [("root", False, "password"), ("ftpuser", True, "password")]
    assert served.pen.secrets() == [b"toor \xff", b"planted"]


@pytest.mark.parametrize("name", ["FTPUSER", "ftpuser ", "", " ftpuser"])
async def test_name_has_to_be_exact(name: str) -> None:
    async with visiting() as (visitor, _):
        await visitor.say(f"USER {name}")
        assert await visitor.say("PASS planted") == ("530 Login incorrect.\r\n" if name else "503 Login with USER first.\r\n")


async def test_name_is_asked_for_again_after_a_failure() -> None:
    async with visiting() as (visitor, served):
        assert await visitor.say("PASS early") == "503 Login with USER first.\r\n"
        await visitor.say("USER ftpuser")
        await visitor.say("PASS wrong")
        assert await visitor.say("PASS planted") == "503 Login with USER first.\r\n"
    assert served.pen.secrets() == [b"early", b"wrong", b"planted"]
    assert not any(body.accepted for body in served.pen.bodies("credential"))


async def test_third_failure_ends_the_connection() -> None:
    async with visiting() as (visitor, served):
        for _ in range(3):
            await visitor.say("USER root")
            assert await visitor.say("PASS x") == "530 Login incorrect.\r\n"
        assert await visitor.answer() == ""
    assert served.pen.ended[0].reason == "lure"


async def test_wrong_password_costs_time_and_what_follows_waits() -> None:
    async with visiting(failure_seconds=0.4) as (visitor, _):
        began = time.monotonic()
        visitor.writer.write(b"USER root\r\nPASS x\r\nNOOP\r\n")
        assert [await visitor.answer() for _ in range(3)][2] == "530 Please login with USER and PASS.\r\n"
        assert 0.29 < time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["anonymous", "FTP", "Anonymous"])
async def test_anonymous_is_let_in_with_any_password_where_that_is_allowed(name: str) -> None:
    async with serving(lure(anonymous="yes")) as served:
        async with dialled(served) as visitor:
            await visitor.log_in(name, "mozilla@example.com")
            assert await visitor.say("PWD") == '257 "/" is the current directory\r\n'
            assert "Logged in as ftp\r\n" in await visitor.say("STAT")
        await served.session_ended()
    assert served.pen.secrets() == [b"mozilla@example.com"]


async def test_anonymous_is_nobody_elsewhere() -> None:
    async with visiting(anonymous="no") as (visitor, _):
        await visitor.say("USER anonymous")
        assert await visitor.say("PASS x@y") == "530 Login incorrect.\r\n"


@pytest.mark.parametrize("said", ["SYST", "PASV", "LIST", "AUTH TLS", "STAT", "GET / HTTP/1.0", " "])
async def test_nothing_else_is_done_for_strangers(said: str) -> None:
    async with visiting() as (visitor, _):
        assert await visitor.say(said) == "530 Please login with USER and PASS.\r\n"


async def test_features_and_options_are_told_to_anybody() -> None:
    async with visiting() as (visitor, _):
        assert (await visitor.say("FEAT")).splitlines()[0] == "211-Features:"
        assert await visitor.say("OPTS UTF8 ON") == "200 Always in UTF8 mode.\r\n"
        assert await visitor.say("QUIT") == "221 Goodbye.\r\n"
        assert await visitor.answer() == ""


async def test_account_is_a_secret_too() -> None:
    async with inside() as (visitor, served):
        assert await visitor.say("ACCT hush") == "502 ACCT not implemented.\r\n"
    assert b"hush" in served.pen.secrets()
    assert "hush" not in str(served.pen.bodies("command"))


async def test_ten_unknown_commands_end_a_connection_from_vsftpd_3_0_4_on() -> None:
    """So a browser that was tricked into speaking to it does not get far (CVE-2021-3618)."""
    async with serving(lure(software="vsFTPd 3.0.5")) as served:
        async with dialled(served, "220 (vsFTPd 3.0.5)\r\n") as visitor:
            for _ in range(10):
                assert (await visitor.say("GET / HTTP/1.1")).startswith("530")
            assert await visitor.answer() == ""
        await served.session_ended()
    async with visiting() as (visitor, _):
        for _ in range(20):
            assert (await visitor.say("GET / HTTP/1.1")).startswith("530")
