# SPDX-License-Identifier: MIT
"""COPY with the client."""

from tests.lures.postgresql.database import fields_of, logged_in, message


async def test_rows_that_are_broken_off_are_kept_all_the_same() -> None:
    async with logged_in() as (client, served):
        await client.ask("create table k (a text)")
        await client.send(message(b"Q", b"copy k from stdin\0"), message(b"d", b"payload\n"), message(b"f", b"why not\0"))
        answer = await client.until(b"Z")
        assert next(fields_of(body)["M"] for kind, body in answer if kind == b"E") == "COPY from stdin failed: why not"
        (file,) = served.pen.bodies("file")
        assert served.pen.blobs[file.sha256] == b"payload\n"
        assert await client.rows("select * from k") == []
