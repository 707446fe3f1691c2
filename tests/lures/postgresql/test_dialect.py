# SPDX-License-Identifier: MIT
"""The rules of the server."""

from tests.lures.postgresql.database import errors_of, logged_in, values_of


async def test_names_are_folded_and_schemas_searched() -> None:
    found = await values_of(
        'create table Folded ("Kept" int)', 'select "Kept" from FOLDED', "create schema s", "create table s.t (a int)",
        "insert into s.t values (1)", "set search_path to s, public", "select a from t", "select a from postgres.s.t",
    )  # fmt: skip
    assert (found[6], found[7]) == ([["1"]], [["1"]])


async def test_texts_are_read_as_what_they_are_compared_with() -> None:
    (rows,) = await values_of("select 1 = '1', true = 't', date '2024-01-02' = '2024-01-02', '10' < '9', 10 < '9', 'a' < 'B'")
    assert rows == [["t", "t", "t", "t", "f", "t"]]


async def test_types_are_no_longer_than_those_of_the_server() -> None:
    asked = ("select cast('x' as varchar(99999999999))", "select 'x'::char(10485761)", "create table t (a varchar(10485761)[])",
             "select 1::numeric(1001)", "create table t (a numeric(5, 70000))", "create table t (a bit(83886081))")  # fmt: skip
    assert await errors_of(*asked) == [
        "22023 length for type varchar cannot exceed 10485760",
        "22023 length for type char cannot exceed 10485760",
        "22023 length for type varchar cannot exceed 10485760",
        "22023 NUMERIC precision 1001 must be between 1 and 1000",
        "22023 NUMERIC scale 70000 must be between 0 and precision 5",
        "22023 length for type bit cannot exceed 83886080",
    ]
    assert await values_of("select 'x'::varchar(10485760), 1::numeric(1000, 3) = 1") == [[["x", "t"]]]


async def test_rights_are_those_of_the_role() -> None:
    assert await errors_of("create table pg_catalog.x (a int)", "delete from pg_class", user="alice", password="wonder") == [
        "42501 permission denied for table x", "42501 permission denied for table pg_class",
    ]  # fmt: skip


async def test_column_is_told_with_its_table() -> None:
    async with logged_in() as (client, _):
        await client.ask("create table w (id int)")
        answer = await client.ask("select id, 1 from w")
        description = next(body for kind, body in answer if kind == b"T")
        assert int.from_bytes(description[5:9]) > 16_384
