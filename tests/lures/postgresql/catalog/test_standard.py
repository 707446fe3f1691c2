# SPDX-License-Identifier: MIT
"""The views of information_schema."""

from tests.lures.postgresql.database import values_of


async def test_columns_are_told_as_the_standard_says() -> None:
    found = await values_of(
        "create table i (id serial primary key, name varchar(20))",
        "select column_name, data_type, character_maximum_length, "
        "is_nullable from information_schema.columns where table_name = 'i'",
        "select table_schema, table_type from information_schema.tables where table_name = 'i'",
        "select constraint_type from information_schema.table_constraints where table_name = 'i'",
    )
    assert found[1:] == [
        [["id", "integer", None, "NO"], ["name", "character varying", "20", "YES"]],
        [["public", "BASE TABLE"]],
        [["PRIMARY KEY"]],
    ]
