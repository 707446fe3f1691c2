# SPDX-License-Identifier: MIT
"""LIKE, SIMILAR TO and regular expressions, in time that a hostile pattern cannot stretch."""

from collections.abc import Callable
from functools import lru_cache

from decnet.lures.postgresql.report import Report
from decnet.lures.shell.regex import Expression, PatternError
from decnet.lures.sql.like import LONGEST_KEPT, ends_in_escape, like


def like_of(value: str, pattern: str, escape: str, *, ignores_case: bool) -> bool:
    """Whether a text is as a pattern of LIKE says; raises ``Report``."""
    if ends_in_escape(pattern, escape):
        raise Report("LIKE pattern must not end with escape character", "22025", routine="MatchText")
    return like(value, pattern, escape, exact=not ignores_case)


def compiled_regex(pattern: str, *, ignores_case: bool) -> Callable[[str], bool]:
    """Return what finds a regular expression in a text; raises ``Report``. Long ones, which attackers write, are not kept."""
    make = _kept_regex if len(pattern) <= LONGEST_KEPT else _kept_regex.__wrapped__
    return make(pattern, ignores_case=ignores_case)


@lru_cache(128)
def _kept_regex(pattern: str, *, ignores_case: bool) -> Callable[[str], bool]:
    """Return what finds a regular expression in a text, and keep it."""
    expression = expression_of(pattern, ignores_case=ignores_case)
    return lambda text: expression.search(text) is not None


def expression_of(pattern: str, *, ignores_case: bool) -> Expression:
    """Return a regular expression; raises ``Report`` where it is none."""
    plain = pattern.removeprefix("***:").replace("(?:", "(")
    if plain.startswith("(?i)"):
        plain, ignores_case = plain[4:], True
    try:
        return Expression(plain, extended=True, ignore_case=ignores_case)
    except PatternError as error:
        words = {"Unmatched ( or \\(": "parentheses () not balanced", "Unmatched [": "brackets [] not balanced"}
        shown = next((ours for theirs, ours in words.items() if theirs in str(error)), "quantifier operand invalid")
        raise Report(f"invalid regular expression: {shown}", "2201B", routine="RE_compile_and_cache") from None


def similar(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a text is as a pattern of SIMILAR TO."""
    inner = pattern.replace("%", ".*").replace("_", ".")
    return compiled_regex(f"^({inner})$", ignores_case=False)
