# SPDX-License-Identifier: MIT
"""The tables about tables."""

from tests.lures.postgresql.database import values_of


async def test_new_table_is_in_the_catalogue() -> None:
    found = await values_of(
        "create table c (id serial primary key, n numeric(8,2) not null default 1)",
        "select relname, relkind from pg_class where relname like 'c\\_%' or relname = 'c' order by relname",
        "select attname, attnotnull, atthasdef from pg_attribute where attrelid = 'c'::regclass order by attnum",
        "select indexname from pg_indexes where tablename = 'c'",
        "select last_value, is_called from c_id_seq",
    )
    assert found[1] == [["c", "r"], ["c_id_seq", "S"], ["c_pkey", "i"]]
    assert found[2] == [["id", "t", "t"], ["n", "t", "t"]]
    assert found[3:] == [[["c_pkey"]], [["1", "f"]]]
