# SPDX-License-Identifier: MIT
"""The way in."""

import struct

from tests.lures.postgresql.database import connected, database, fields_of, startup
from tests.support.lures import ask, serving


async def test_client_says_who_it_is() -> None:
    async with serving(database()) as served:
        await ask(served, startup(user="eve", database="shop", application_name="sqlmap", options="-c geqo=off"))
        (client,) = served.pen.bodies("client")
        assert client.software == "sqlmap"
        assert client.detail["user"] == "eve"
        assert client.detail["options"] == "-c geqo=off"


async def test_replication_has_no_line() -> None:
    async with serving(database()) as served, connected(served) as client:
        await client.send(startup(user="eve", replication="true"))
        words = 'no pg_hba.conf entry for replication connection from host "127.0.0.1", user "eve", SSL off'
        assert fields_of((await client.one())[1])["M"] == words


async def test_cancel_request_for_nobody_is_passed_in_silence() -> None:
    async with serving(database()) as served:
        assert await ask(served, struct.pack("!iiii", 16, 80877102, 1, 2)) == b""
        assert [body.detail["request"] for body in served.pen.bodies("client")] == ["cancel"]


async def test_gssapi_is_agreed_to_and_fails() -> None:
    async with serving(database()) as served:
        assert await ask(served, struct.pack("!ii", 8, 80877104)) == b"G"


async def test_settings_of_a_client_that_are_too_many_are_counted() -> None:
    async with serving(database()) as served:
        await ask(served, startup(user="eve", **{f"a.setting{number}": "x" for number in range(40)}))
    (told,) = served.pen.bodies("client")
    assert (told.detail["setting a.setting31"], told.detail["further settings"]) == ("x", "8")
