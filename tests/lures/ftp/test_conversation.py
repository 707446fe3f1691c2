# SPDX-License-Identifier: MIT
"""A client that is silent, says too much or says nothing sensible harms nobody, and what he said is kept."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lures.ftp.visitor import dialled, inside, lure, visiting
from tests.support.lures import ask, serving

NAMES = (
    *(
        b"USER",
        b"PASS",
        b"ACCT",
        b"CWD",
        b"CDUP",
        b"PORT",
        b"EPRT",
        b"PASV",
        b"EPSV",
        b"TYPE",
        b"STRU",
        b"MODE",
        b"RETR",
        b"STOR",
    ),
    *(
        b"STOU",
        b"APPE",
        b"ALLO",
        b"REST",
        b"RNFR",
        b"RNTO",
        b"ABOR",
        b"DELE",
        b"RMD",
        b"MKD",
        b"PWD",
        b"LIST",
        b"NLST",
        b"SITE",
    ),
    *(
        b"SYST",
        b"STAT",
        b"HELP",
        b"NOOP",
        b"FEAT",
        b"OPTS",
        b"MDTM",
        b"SIZE",
        b"AUTH",
        b"SITE CHMOD",
        b"SITE UMASK",
        b"\xff\xf4",
    ),
)
ARGUMENTS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [b"..", b"/", b"~", b"-la *", b"{a,{b,c}}", b"99999999999999999999", b"|1|127.0.0.1|4000|", b"127,0,0,1,9,9"]
    ),
)
LINES = st.lists(st.tuples(st.sampled_from(NAMES), ARGUMENTS).map(b" ".join), max_size=30).map(b"\r\n".join)


async def test_line_that_does_not_end_ends_the_conversation() -> None:
    async with inside() as (visitor, served):
        assert await visitor.say(b"CWD " + b"a" * 5000) == "500 Input line too long.\r\n"
        assert await visitor.answer() == ""
    [violation] = served.pen.bodies("violation")
    assert (violation.reason, violation.data[:6]) == ("line too long", "CWD aa")
    assert served.pen.ended[0].reason == "protocol"


async def test_password_that_never_got_its_line_feed_is_a_secret() -> None:
    async with serving(lure()) as served:
        await ask(served, b"USER root\r\nPASS hush")
    assert served.pen.secrets() == [b"PASS hush"]
    assert served.pen.bodies("violation")[0].reason == "incomplete command"


async def test_silence_is_told_and_ends() -> None:
    async with serving(lure(), idle_seconds=0.1) as served:
        async with dialled(served) as visitor:
            assert await visitor.answer() == "421 Timeout.\r\n"
            assert await visitor.answer() == ""
        await served.session_ended()
    assert served.pen.ended[0].reason == "idle"


async def test_client_that_leaves_at_once_is_no_failure() -> None:
    async with serving(lure()) as served:
        _, writer = await asyncio.open_connection(served.host, served.port)
        writer.transport.abort()
        await served.session_ended()


async def test_count_of_clients_is_told() -> None:
    async with serving(lure()) as served, dialled(served) as first, dialled(served) as second:
        await first.log_in()
        await second.log_in()
        assert "client count was 1" in await first.say("STAT")
        assert "client count was 2" in await second.say("STAT")


@pytest.mark.parametrize("head", [b"", b"USER ftpuser\r\nPASS planted\r\n"])
@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=3000), LINES))
async def test_no_bytes_make_the_lure_fail(head: bytes, data: bytes) -> None:
    """Neither before a login nor after it; the helper raises what the lure raises."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("decnet.lures.ftp.data.ACCEPT_SECONDS", 0.01)
        patch.setattr("decnet.lures.ftp.login.PASSWORD_SECONDS", 0.0)
        await _survives(head, data)


async def _survives(head: bytes, data: bytes) -> None:
    """Send bytes to a new lure and see that it answers."""
    async with serving(lure(), idle_seconds=2) as served:
        answer = await ask(served, head + data)
        assert answer.startswith(b"220 (vsFTPd 3.0.3)\r\n")


async def test_greeting_comes_first_and_goodbye_last() -> None:
    async with visiting() as (visitor, served):
        assert await visitor.say("QUIT") == "221 Goodbye.\r\n"
        assert await visitor.answer() == ""
    assert served.pen.ended[0].reason == "client"
