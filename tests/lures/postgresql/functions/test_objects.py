# SPDX-License-Identifier: MIT
"""Functions of files and large objects."""

from tests.lures.postgresql.database import errors_of, values_of


async def test_large_object_is_written_and_read_by_its_descriptor() -> None:
    found = await values_of(
        "begin",
        "select lo_create(77)",
        "select lo_open(77, 131072)",
        "select lowrite(0, '\\x616263')",
        "select lo_lseek(0, 1, 0)",
        "select loread(0, 10)",
        "commit",
        "select lo_get(77), lo_unlink(77)",
    )
    assert found[5] == [["\\x6263"]]
    assert found[7] == [["\\x616263", "1"]]


async def test_what_is_not_there_is_told() -> None:
    assert await errors_of(
        "select lo_get(1)", "select pg_ls_dir('/nosuch')", "select lo_import('/nosuch')", "select lo_close(9)"
    ) == [
        "42704 large object 1 does not exist",
        '58P01 could not open directory "/nosuch": No such file or directory',
        '58P01 could not open server file "/nosuch": No such file or directory',
        "42704 invalid large-object descriptor: 9",
    ]
