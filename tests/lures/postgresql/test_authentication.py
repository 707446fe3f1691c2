# SPDX-License-Identifier: MIT
"""Logins, as they are recorded."""

import pytest

from tests.lures.postgresql.database import connected, database, fields_of, message, startup
from tests.support.lures import serving


@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        (message(b"Q", b"select 1\0"), "08P01", "expected password response, got message type 81"),
        (message(b"p", b"abc"), "08P01", "invalid password packet size"),
        (message(b"p", b"\0"), "28P01", "empty password returned by client"),
        (message(b"p", b"clear\0"), "28P01", 'password authentication failed for user "postgres"'),
    ],
)
async def test_answer_that_is_none_is_refused(sent: bytes, code: str, words: str) -> None:
    async with serving(database()) as served, connected(served) as client:
        await client.send(startup(user="postgres"))
        assert (await client.one())[0] == b"R"
        await client.send(sent)
        found = fields_of((await client.one())[1])
        assert (found["S"], found["C"], found["M"]) == ("FATAL", code, words)
        assert found["F"] == "auth.c"


async def test_digest_can_be_attacked_offline() -> None:
    async with serving(database()) as served:
        async with connected(served) as client:
            told = await client.log_in(password="never guessed")
        await served.session_ended()
        (credential,) = served.pen.bodies("credential")
        assert credential.detail["salt"] == told[0][1][4:8].hex()
        assert credential.detail["response"].startswith("md5")
        assert served.pen.secrets() == []


async def test_clear_password_in_place_of_a_digest_is_a_secret() -> None:
    async with serving(database()) as served:
        async with connected(served) as client:
            await client.send(startup(user="postgres"))
            await client.one()
            await client.send(message(b"p", b"hunter2\0"))
            await client.one()
        await served.session_ended()
        assert served.pen.secrets() == [b"hunter2"]
        assert "hunter2" not in str(served.pen.bodies("credential"))
