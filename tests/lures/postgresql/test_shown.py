# SPDX-License-Identifier: MIT
"""Values in their text and binary forms."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.postgresql.shown import as_binary, from_binary, text_of
from decnet.lures.postgresql.wire import WireError

WITH_FORM = (16, 20, 21, 23, 700, 701, 1007, 1009, 1082, 1083, 1114, 1184, 1186, 1700, 2950, 3802)


@pytest.mark.parametrize(
    ("value", "oid", "text"),
    [
        (True, 16, "t"),
        (1.0, 701, "1"),
        (0.1, 701, "0.1"),
        (1e20, 701, "1e+20"),
        (1e-7, 701, "1e-07"),
        (123456.789, 701, "123456.789"),
        (float("inf"), 701, "Infinity"),
        (Decimal("1.50"), 1700, "1.50"),
        (b"\xde\xad", 17, "\\xdead"),
        ([1, None, 2], 1007, "{1,NULL,2}"),
        (["a b", 'q"', ""], 1009, '{"a b","q\\"",""}'),
        ([1, 2], 22, "1 2"),
        (datetime(2024, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC), 1184, "2024-01-02 03:04:05.6+00"),
        (datetime(2024, 1, 2), 1114, "2024-01-02 00:00:00"),  # noqa: DTZ001 - the type has no zone
        (date(2024, 1, 2), 1082, "2024-01-02"),
        (time(1, 2, 3), 1083, "01:02:03"),
        (timedelta(days=2, hours=3), 1186, "2 days 03:00:00"),
        (timedelta(0), 1186, "00:00:00"),
    ],
)
def test_text_is_that_of_the_server(value: Any, oid: int, text: str) -> None:
    assert text_of(value, oid) == text


@pytest.mark.parametrize(
    ("value", "oid"),
    [
        (True, 16), (-5, 21), (1 << 30, 23), (-(1 << 60), 20), (1.5, 701), (b"\0\xff", 17),
        ("häh", 25), (date(1999, 12, 31), 1082),
        (datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC), 1184), (time(1, 2, 3, 4), 1083), (timedelta(days=1, seconds=5), 1186),
        ("12345678-1234-5678-1234-567812345678", 2950), ([1, None], 1007), ('{"a": 1}', 3802),
    ],
)  # fmt: skip
def test_binary_form_leads_back(value: Any, oid: int) -> None:
    assert from_binary(as_binary(value, oid), oid) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**12), max_value=10**12))
def test_numbers_of_any_length_lead_back(number: Decimal) -> None:
    assert from_binary(as_binary(number, 1700), 1700) == number


@given(
    st.binary(max_size=64),
    st.sampled_from(WITH_FORM),
)
def test_any_bytes_are_a_value_or_refused(data: bytes, oid: int) -> None:
    with suppress(WireError):
        from_binary(data, oid)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="format requires"):
        as_binary(1 << 40, 23)
