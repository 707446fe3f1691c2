# SPDX-License-Identifier: MIT
"""One connection's place in its cluster."""

from tests.lures.postgresql.database import errors_of, values_of


async def test_objects_are_found_by_their_names() -> None:
    (rows,) = await values_of(
        "select 'pg_class'::regclass::oid, 'postgres'::regrole::oid, 1259::regclass, 'public'::regnamespace, 0::regclass"
    )
    assert rows == [["1259", "10", "pg_class", "public", "-"]]
    assert await errors_of("select 'nosuch'::regclass") == ['42P01 relation "nosuch" does not exist']


async def test_function_of_c_runs_programs() -> None:
    found = await values_of(
        "select lo_from_bytea(1, '\\x7f454c46')", "select lo_export(1, '/tmp/u.so')",
        "create function sys_eval(text) returns text as '/tmp/u.so', 'sys_eval' language c", "select sys_eval('hostname')",
    )  # fmt: skip
    assert found[3] == [["files01\n"]]
