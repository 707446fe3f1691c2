# SPDX-License-Identifier: MIT
"""Statements that run."""

from tests.lures.postgresql.database import fields_of, logged_in


async def test_notices_tell_what_was_passed_by() -> None:
    async with logged_in() as (client, _):
        answer = await client.ask("drop table if exists nosuch; create table n (id int); create table if not exists n (id int)")
        assert [fields_of(body)["M"] for kind, body in answer if kind == b"N"] == [
            'table "nosuch" does not exist, skipping',
            'relation "n" already exists, skipping',
        ]
        tags = [body.rstrip(b"\0").decode() for kind, body in answer if kind == b"C"]
        assert tags == ["DROP TABLE", "CREATE TABLE", "CREATE TABLE"]


async def test_database_is_made_and_removed_alone() -> None:
    async with logged_in() as (client, _):
        assert (await client.error("begin; create database d"))["C"] == "25001"
        await client.ask("rollback")
        await client.ask("create database d")
        assert await client.rows("select datname from pg_database where datname = 'd'") == [["d"]]
        await client.ask("drop database d")
