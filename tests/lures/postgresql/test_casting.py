# SPDX-License-Identifier: MIT
"""Casts."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.postgresql.casting import cast_value
from decnet.lures.postgresql.functions.declare import returned
from decnet.lures.postgresql.kind import KINDS
from decnet.lures.postgresql.report import Report
from decnet.lures.sql.problem import SqlError


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        (" 42 ", "int4", 42),
        (3.5, "int4", 4),
        (Decimal("2.5"), "int4", 3),
        ("yes", "bool", True),
        ("2024-01-02", "date", date(2024, 1, 2)),
        ("2024-01-02 03:04:05+02", "timestamptz", datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("1 day 02:00:00", "interval", timedelta(days=1, hours=2)),
        ("\\xdead", "bytea", b"\xde\xad"),
        ("a\\000b", "bytea", b"a\0b"),
        ("{1,NULL,3}", "int4[]", [1, None, 3]),
        ('{"a b",c}', "text[]", ["a b", "c"]),
        ('{"a":1}', "jsonb", '{"a": 1}'),
    ],
)
def test_value_is_what_the_server_makes_of_it(value: Any, name: str, expected: Any) -> None:
    assert cast_value(value, returned(name)) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("a", "int4"),
        ("1.5", "int4"),
        ("9" * 30, "int8"),
        ("perhaps", "bool"),
        ("2024-13-01", "date"),
        ("x", "uuid"),
        ("{", "json"),
        ("a", "int4[]"),
    ],
)
def test_value_that_is_none_is_refused(value: str, name: str) -> None:
    with pytest.raises((SqlError, Report)):
        cast_value(value, returned(name))


@given(st.text(max_size=40), st.sampled_from(KINDS), st.booleans())
def test_any_text_is_a_value_or_refused(text: str, kind: Any, is_array: bool) -> None:  # noqa: FBT001 - an example
    with suppress(SqlError, Report):
        cast_value(text, returned(kind.name + "[]" * is_array))
