# SPDX-License-Identifier: MIT
"""Queries in a form that the evaluator knows."""

from tests.lures.postgresql.database import values_of


async def test_functions_of_rows_stand_in_a_select_list() -> None:
    found = await values_of("select generate_series(1, 2)", "select array(select unnest(array[3, 4]))")
    assert found == [[["1"], ["2"]], [["{3,4}"]]]


async def test_first_part_of_a_recursive_query_is_run() -> None:
    (rows,) = await values_of("with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) select n from t")
    assert rows[0] == ["1"]
