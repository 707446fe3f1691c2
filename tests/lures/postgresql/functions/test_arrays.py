# SPDX-License-Identifier: MIT
"""Functions of arrays."""

from tests.lures.postgresql.database import values_of


async def test_arrays_are_joined_and_cut() -> None:
    (rows,) = await values_of(
        "select array_to_string(array['a', null, 'b'], ',', '*'), string_to_array('a,b', ','), array_append(array[1], "
        "2), array_position(array['x', 'y'], 'y')"
    )
    assert rows == [["a,*,b", "{a,b}", "{1,2}", "2"]]
