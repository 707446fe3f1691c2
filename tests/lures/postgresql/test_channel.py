# SPDX-License-Identifier: MIT
"""Messages over a stream."""

from tests.lures.postgresql.database import connected, database, logged_in, message, startup
from tests.support.lures import serving


async def test_message_may_come_in_pieces_and_several_at_once() -> None:
    async with logged_in() as (client, _):
        for byte in message(b"Q", b"select 1\0"):
            await client.send(bytes((byte,)))
        await client.until(b"Z")
        await client.send(message(b"Q", b"select 2\0") * 2)
        assert len([kind for kind, _ in await client.until(b"Z") + await client.until(b"Z") if kind == b"D"]) == 2


async def test_negative_length_ends_the_connection() -> None:
    async with logged_in() as (client, served):
        await client.send(b"Q\xff\xff\xff\xff")
        assert await client.rest() == b""
        await served.session_ended()
        assert [body.reason for body in served.pen.bodies("violation")] == ["incomplete message"]


async def test_request_for_tls_is_answered_once() -> None:
    async with serving(database()) as served, connected(served) as client:
        await client.send(b"\0\0\0\x08\x04\xd2\x16\x2f")
        assert await client.exactly(1) == b"N"
        await client.send(startup(user="postgres"))
        assert (await client.one())[0] == b"R"
