# SPDX-License-Identifier: MIT
"""Statements that PostgreSQL alone knows, carried out."""

from tests.lures.postgresql.database import errors_of, values_of


async def test_cursor_goes_forward_and_back() -> None:
    found = await values_of(
        "begin", "declare c scroll cursor for select * from generate_series(1, 5)", "fetch 2 from c", "fetch backward 1 from c",
        "move last from c", "fetch all from c", "fetch absolute 3 from c",
    )  # fmt: skip
    assert found[2:] == [[["1"], ["2"]], [["1"]], [], [], [["3"]]]


async def test_statement_is_prepared_and_run() -> None:
    found = await values_of(
        "prepare p (int) as select $1 * 2",
        "execute p(21)",
        "deallocate all",
        "set role alice",
        "select current_user",
        "reset role",
    )
    assert (found[1], found[4]) == ([["42"]], [["alice"]])


async def test_block_of_code_speaks_and_fails() -> None:
    assert await errors_of("do $$ begin raise exception 'no way'; end $$", "load '/tmp/nosuch.so'", "call nosuch()") == [
        "P0001 no way",
        '58P01 could not access file "/tmp/nosuch.so": No such file or directory',
        "42883 procedure nosuch() does not exist",
    ]
