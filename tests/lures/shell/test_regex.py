# SPDX-License-Identifier: MIT
"""Regular expressions: what they match, and that none of them takes long."""

import contextlib
import time

import pytest

from decnet.lures.shell.regex import LEAST_TEXT, MAX_TEXT, Expression, PatternError, longest


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a+b", "xaab", "aab"),
        ("(ab|c){2}", "abcab", "abc"),
        ("^[[:digit:]]{1,3}$", "123", "123"),
        ("a.c", "abc", "abc"),
        ("a{2,}", "caaab", "aaa"),
        ("x?y", "zy", "y"),
        (r"\bfoo\b", "a foo b", "foo"),
        ("(a)(b)\\2\\1", "abba", "abba"),
        (r"([0-9]{1,3}\.){3}[0-9]{1,3}", "at 192.0.2.7:80", "192.0.2.7"),
        (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,4}", "to bob@example.org now", "bob@example.org"),
    ],
)
def test_extended_expression_finds(pattern: str, text: str, found: str) -> None:
    match = Expression(pattern, extended=True).search(text)

    assert match is not None
    assert match[0] == found


@pytest.mark.parametrize(
    ("pattern", "text"), [("a\\+b", "aab"), ("\\(a\\)\\1", "aa"), ("a\\{2\\}", "aa"), ("*a", "*a"), ("a+", "a+")]
)
def test_basic_expression_finds(pattern: str, text: str) -> None:
    match = Expression(pattern, extended=False).search(text)

    assert match is not None
    assert match[0] == text


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[a", "a\\", "a" * 2000, "a{999}"])
def test_a_wrong_expression_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Expression(pattern, extended=True)


HOSTILE = [
    "(a+)+$", "(a*)*b", "a*a*a*a*a*b", "(.*)(.*)(.*)(.*)(.*)x", "(a|aa)+b", "(a{1,200}){1,200}b", "((a{1,50}){1,50}){1,50}b",
    "(a?){60}a{60}b", "(x+x+)+y", "((a|b)|(a|c)){1,30}z", "(a|a)" * 25 + "b", "a?" * 26 + "a" * 26 + "b", "(a*)\\1b",
    "(a|b|ab)*(bc|c|a)*x", "a*b", "(a|a?)+b", "(a{0,9}){0,9}{0,9}b", "^(a|aa)+(a|aa)+(a|aa)+b", "((a*)*)*b", "(a*a*){9}b",
]  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_expression_is_over_soon(pattern: str) -> None:
    """Nothing can interrupt the engine, so what it is given is bounded: processor time, whatever the pattern."""
    before = time.process_time()
    with contextlib.suppress(PatternError):
        Expression(pattern, extended=True).search("a" * 100_000)

    assert time.process_time() - before < 0.25


def test_the_longest_text_falls_with_the_freedom_of_the_pattern() -> None:
    assert longest(1.0, 0, is_anchored=True) == MAX_TEXT
    assert longest(1.0, 0, is_anchored=False) == MAX_TEXT
    lengths = [longest(1.0, repeats, is_anchored=False) for repeats in range(5)]
    assert lengths == sorted(lengths, reverse=True)
    assert longest(1.0, 1, is_anchored=True) > longest(1.0, 1, is_anchored=False)
    assert longest(2.0**25, 0, is_anchored=False) < LEAST_TEXT


def test_substitution_counts() -> None:
    found = Expression("a", extended=True).substitute(lambda _: "b", "aaa", first=2, every=False)

    assert found == ("aba", 1)
    assert Expression("a", extended=True).substitute(lambda _: "b", "aaa", first=2, every=True) == ("abb", 2)
