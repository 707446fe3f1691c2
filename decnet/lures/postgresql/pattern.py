# SPDX-License-Identifier: MIT
"""LIKE, SIMILAR TO and regular expressions, in time that a hostile pattern cannot stretch."""

import re
from collections.abc import Callable
from functools import lru_cache

from decnet.lures.postgresql.report import Report
from decnet.lures.shell.regex import Expression, PatternError


class Like:
    """A pattern of LIKE: ``%`` stands for any text, ``_`` for any character. Matched greedily, star by star."""

    def __init__(self, pattern: str, escape: str, *, ignores_case: bool) -> None:
        parts = _like_parts(pattern, escape)
        self._parts = [self._compiled(part, ignores_case) for part in parts]
        self._last = len(parts[-1])

    def matches(self, text: str) -> bool:
        """Whether a text is as the pattern says; takes time in proportion to both lengths."""
        first, *rest = self._parts
        if not rest:
            return first.fullmatch(text) is not None
        start = first.match(text)
        if start is None:
            return False
        position = start.end()
        for part in rest[:-1]:
            found = part.search(text, position)
            if found is None:
                return False
            position = found.end()
        at = len(text) - self._last
        return at >= position and rest[-1].fullmatch(text, at) is not None

    @staticmethod
    def _compiled(part: list[str], ignores_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - a flag of the pattern
        """Return the expression of characters without a star."""
        body = "".join("." if one == "" else re.escape(one) for one in part)
        return re.compile(body, re.DOTALL | (re.IGNORECASE if ignores_case else 0))


def _like_parts(pattern: str, escape: str) -> list[list[str]]:
    """Cut a pattern at its stars; an empty text stands for any character."""
    parts: list[list[str]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if escape and character == escape:
            following = next(characters, None)
            if following is None:
                raise Report("LIKE pattern must not end with escape character", "22025", routine="MatchText")
            parts[-1].append(following)
        elif character == "%":
            parts.append([])
        else:
            parts[-1].append("" if character == "_" else character)
    return parts


@lru_cache(128)
def compiled_like(pattern: str, escape: str, *, ignores_case: bool) -> Like:
    """Return a pattern of LIKE; raises ``Report``."""
    return Like(pattern, escape, ignores_case=ignores_case)


@lru_cache(128)
def compiled_regex(pattern: str, *, ignores_case: bool) -> Callable[[str], bool]:
    """Return what finds a regular expression in a text; raises ``Report``."""
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


@lru_cache(64)
def similar(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a text is as a pattern of SIMILAR TO."""
    inner = pattern.replace("%", ".*").replace("_", ".")
    return compiled_regex(f"^({inner})$", ignores_case=False)
