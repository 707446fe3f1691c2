# SPDX-License-Identifier: MIT
"""Functions of texts."""

from tests.lures.postgresql.database import values_of


async def test_texts_are_made_as_the_server_makes_them() -> None:
    (rows,) = await values_of(
        "select initcap('a b'), lpad('7', 3, '0'), split_part('a.b', '.', 2), translate('abc', 'ab', 'x'), "
        "regexp_replace('abc', 'b(.)', '[\\1]'), to_hex(255), starts_with('abc', 'ab')"
    )
    assert rows == [["A B", "007", "b", "xc", "a[c]", "ff", "t"]]
