# SPDX-License-Identifier: MIT
"""LIKE in all dialects."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.sql.like import ends_in_escape, like

TEXTS = st.text("ab%_\\", max_size=8)


def expected(value: str, pattern: str) -> bool:
    """Say by an expression whether a text is as a pattern says."""
    signs = {"%": ".*", "_": "."}
    words = re.findall(r"\\.|.", pattern, re.DOTALL)
    body = "".join(signs.get(word) or re.escape(word[1:] if len(word) > 1 else word) for word in words)
    return re.fullmatch(body, value, re.DOTALL) is not None


@given(TEXTS, TEXTS)
def test_pattern_means_what_an_expression_would(value: str, pattern: str) -> None:
    assert like(value, pattern, "\\", exact=True) is expected(value, pattern)


@pytest.mark.parametrize(("pattern", "ends"), [("a\\", True), ("a\\\\", False), ("\\\\\\", True), ("", False), ("a", False)])
def test_sign_at_the_end_has_nothing_to_take_the_meaning_from(pattern: str, ends: bool) -> None:  # noqa: FBT001 - an example
    assert ends_in_escape(pattern, "\\") is ends
    assert not ends_in_escape(pattern, "")


def test_case_counts_where_it_should_and_no_escape_is_one_too() -> None:
    assert like("ABC", "a_c", "\\")
    assert not like("ABC", "a_c", "\\", exact=True)
    assert like("a\\b", "a\\b", "", exact=True)
    assert like("a%b", "a!%b", "!", exact=True)


@pytest.mark.parametrize("pattern", [
    "%_" + "a" * 300_000 + "b%", "%" + "_a" * 100_000 + "b%", "%a" * 100_000 + "b", "a" * 900_000, "_" * 900_000, "%" * 900_000,
])  # fmt: skip
def test_hostile_pattern_takes_little_time(pattern: str) -> None:
    started = time.monotonic()
    like("a" * 900_000, pattern, "\\")
    assert time.monotonic() - started < 2
