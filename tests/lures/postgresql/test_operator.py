# SPDX-License-Identifier: MIT
"""Operators."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.postgresql.operator import alike, calculate, contains, json_part, rounded
from decnet.lures.postgresql.report import Report
from decnet.lures.sql.problem import SqlError
from decnet.lures.sql.value import Type


def test_integers_stay_integers() -> None:
    assert [calculate("/", -7, 2), calculate("%", -7, 2), calculate("^", 2, 10), calculate("#", 5, 1)] == [-3, -1, 1024.0, 4]


@given(st.integers(), st.integers(), st.sampled_from(["+", "-", "*", "/", "%", "^", "<<", ">>", "&", "|", "#"]))
def test_any_numbers_have_a_result_or_an_error(one: int, other: int, operator: str) -> None:
    try:
        calculate(operator, one, other)
    except (SqlError, Report):
        return


def test_documents_and_arrays_are_looked_into() -> None:
    assert json_part("->>", '{"a": [1, "x"]}', "a") == '[1, "x"]'
    assert json_part("#>>", '{"a": [1, "x"]}', "{a,1}") == "x"
    assert json_part("->", "nonsense", "a") is None
    assert contains("@>", [1, 2], [2]) is True


def test_values_of_two_types_become_alike() -> None:
    assert alike("1", 1) == (1, 1)
    with pytest.raises(SqlError):
        alike("x", 1)


def test_number_that_is_too_large_for_its_column_is_refused() -> None:
    with pytest.raises(Report) as raised:
        rounded(1000, Type("numeric", "decimal", 4, 2))
    assert raised.value.message == "numeric field overflow"
