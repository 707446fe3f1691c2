# SPDX-License-Identifier: MIT
"""The rows of COPY."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.rows import form_of, read, written

ROWS: list[list[Any]] = [["a", "1"], [None, "tab\tnew\nline\\"], ['q"', "a,b"], ["", "x"]]


@pytest.mark.parametrize(
    "options", [{}, {"format": "csv"}, {"format": "csv", "header": "true"}, {"delimiter": ";"}, {"format": "binary"}]
)
def test_rows_that_were_written_are_read_again(options: dict[str, str]) -> None:
    form = form_of(options)
    data = b"".join(written(form, ["one", "two"], [25, 25], ROWS))
    found = list(read(form, data, [25, 25]))
    # CSV cannot tell an empty text from NULL once the quotes are gone
    assert found == ROWS or (form.kind == "csv" and [[one or None for one in row] for row in ROWS] == found)


def test_text_ends_at_its_mark_and_keeps_the_last_line() -> None:
    assert list(read(form_of({}), b"a\nb\n\\.\nc\n", [25])) == [["a"], ["b"]]
    assert list(read(form_of({}), b"a\r\nb", [25])) == [["a"], ["b"]]
    assert list(read(form_of({}), b"", [25])) == []


@pytest.mark.parametrize("options", [{"format": "xml"}, {"delimiter": "ab"}, {"nosuch": "1"}, {"header": "on"}])
def test_option_that_is_none_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(Report):
        form_of(options)


@given(st.binary(max_size=200), st.sampled_from(["text", "csv", "binary"]))
def test_any_bytes_are_rows_or_refused(data: bytes, kind: str) -> None:
    with suppress(Report):
        list(read(form_of({"format": kind}), data, [23, 25]))
