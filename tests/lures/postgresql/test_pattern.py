# SPDX-License-Identifier: MIT
"""LIKE and regular expressions."""

import pytest

from decnet.lures.postgresql.pattern import compiled_regex, like_of, similar
from decnet.lures.postgresql.report import Report


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a%", "abc", True),
        ("%c", "abc", True),
        ("a_c", "abc", True),
        ("a_c", "abbc", False),
        ("%b%d%", "abcde", True),
        ("a%a", "a", False),
        ("100\\%", "100%", True),
        ("100\\%", "1000", False),
        ("", "", True),
        ("%", "", True),
        ("%ab", "aab", True),
    ],
)
def test_like_matches_as_the_server_does(pattern: str, text: str, expected: bool) -> None:  # noqa: FBT001 - an example
    assert like_of(text, pattern, "\\", ignores_case=False) is expected


def test_hostile_patterns_take_no_time() -> None:
    assert not like_of("a" * 5_000, "%a" * 200 + "b", "\\", ignores_case=False)
    compiled_regex("(a*)*b", ignores_case=False)("a" * 5_000)


def test_regular_expressions_are_those_of_the_server() -> None:
    assert compiled_regex("^(users|orders)$", ignores_case=False)("users")
    assert compiled_regex("(?i)ABC", ignores_case=False)("xabcx")
    assert similar("(a|b)%")("abc")
    with pytest.raises(Report) as raised:
        compiled_regex("(a", ignores_case=False)
    assert raised.value.message == "invalid regular expression: parentheses () not balanced"
    with pytest.raises(Report):
        like_of("a", "a\\", "\\", ignores_case=False)
