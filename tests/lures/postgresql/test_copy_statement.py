# SPDX-License-Identifier: MIT
"""COPY of tables, files and programs."""

from tests.lures.postgresql.database import errors_of, values_of


async def test_file_that_was_written_is_read() -> None:
    found = await values_of(
        "create table f (a int, b text)",
        "copy (select 1, 'x') to '/tmp/f.csv' with (format csv)",
        "copy f from '/tmp/f.csv' csv",
        "select * from f",
        "copy f(b) from program 'hostname'",
        "select b from f where a is null",
    )
    assert (found[3], found[5]) == ([["1", "x"]], [["files01"]])


async def test_rows_that_do_not_fit_are_refused() -> None:
    assert await errors_of(
        "copy nosuch from '/etc/passwd'",
        "copy (select 1) to 'relative'",
        "copy pg_class from program 'echo a'",
        "copy (select 1) to stdout (format xml)",
    ) == [
        '42P01 relation "nosuch" does not exist',
        "42602 relative path not allowed for COPY to file",
        '22P04 missing data for column "relname"',
        '22023 COPY format "xml" not recognized',
    ]
