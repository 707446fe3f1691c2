# SPDX-License-Identifier: MIT
"""Functions of moments."""

from tests.lures.postgresql.database import values_of


async def test_moments_are_cut_and_written() -> None:
    (rows,) = await values_of(
        "select date_trunc('hour', timestamp '2024-05-06 07:08:09'), to_char(date '2024-05-06', 'DD Mon YYYY'), "
        "extract(dow from date '2024-05-05'), to_timestamp(0)"
    )
    assert rows == [["2024-05-06 07:00:00", "06 May 2024", "0", "1970-01-01 00:00:00+00"]]
