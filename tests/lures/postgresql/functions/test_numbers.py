# SPDX-License-Identifier: MIT
"""Functions of numbers, choices and JSON."""

from tests.lures.postgresql.database import values_of


async def test_numbers_and_choices_are_those_of_the_server() -> None:
    (rows,) = await values_of(
        "select round(-2.5), floor(-1.5), power(2, 3), mod(-7, 3), greatest(1, null, 3), json_build_object('a', 1), "
        "coalesce(null, 5)"
    )
    assert rows == [["-3", "-2", "8", "-1", "3", '{"a" : 1}', "5"]]
