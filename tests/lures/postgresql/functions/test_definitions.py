# SPDX-License-Identifier: MIT
"""Functions that tell how things are defined."""

from tests.lures.postgresql.database import values_of


async def test_keys_and_types_are_told() -> None:
    _, keys, types = await values_of(
        "create table d (id serial primary key, name varchar(10) unique)",
        "select pg_get_constraintdef(oid), "
        "pg_get_indexdef(conindid) from pg_constraint where conrelid = 'd'::regclass order by conname",
        "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'd'::regclass order by attnum",
    )
    assert keys[0] == ["UNIQUE (name)", "CREATE UNIQUE INDEX d_name_key ON public.d USING btree (name)"]
    assert types == [["integer"], ["character varying(10)"]]


async def test_sequence_counts_up() -> None:
    found = await values_of(
        "create table s (id serial)", "select nextval('s_id_seq')", "select nextval('s_id_seq')", "select to_regclass('nosuch')"
    )
    assert found[1:] == [[["1"]], [["2"]], [[None]]]
