# SPDX-License-Identifier: MIT
"""Simple queries and transactions."""

from tests.lures.postgresql.database import logged_in, message


async def test_states_of_a_transaction_are_told() -> None:
    async with logged_in() as (client, _):
        states = [
            (await client.ask(statement))[-1][1] for statement in ("begin", "select 1/0", "select 1", "rollback", "select 1")
        ]
        assert states == [b"T", b"E", b"E", b"I", b"I"]


async def test_rollback_leads_back() -> None:
    async with logged_in() as (client, _):
        await client.ask("create table r (id int); insert into r values (1)")
        await client.ask("begin; insert into r values (2); create table other (id int); drop table r")
        await client.ask("rollback")
        assert await client.rows("select * from r") == [["1"]]
        assert (await client.error("select * from other"))["C"] == "42P01"


async def test_query_of_several_statements_is_one_transaction() -> None:
    async with logged_in() as (client, _):
        await client.ask("create table q (id int)")
        await client.ask("insert into q values (1); select 1/0; insert into q values (2)")
        assert await client.rows("select * from q") == []


async def test_unknown_message_ends_the_connection() -> None:
    async with logged_in() as (client, served):
        await client.send(message(b"z", b"x"))
        assert b"invalid frontend message type 122" in await client.rest()
        await served.session_ended()
        assert served.pen.ended[0].reason == "protocol"
