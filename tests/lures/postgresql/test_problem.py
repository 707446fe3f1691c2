# SPDX-License-Identifier: MIT
"""The words for what is wrong."""

from tests.lures.postgresql.database import errors_of


async def test_mistakes_are_worded_as_the_server_words_them() -> None:
    assert await errors_of(
        "select a.x from pg_class c",
        "select oid from pg_class c, pg_type t",
        "select relname, count(*) from pg_class",
        "select 1 union select 1, 2",
        "select * from pg_class where count(*) > 1",
        "select 'x'::int8",
        "create table pg_catalog.x (a nosuch)",
    ) == [
        '42P01 missing FROM-clause entry for table "a"',
        '42702 column reference "oid" is ambiguous',
        '42803 column "pg_class.relname" must appear in the GROUP BY clause or be used in an aggregate function',
        "42601 each UNION query must have the same number of columns",
        "42803 aggregate functions are not allowed in WHERE",
        '22P02 invalid input syntax for type bigint: "x"',
        '42704 type "nosuch" does not exist',
    ]
