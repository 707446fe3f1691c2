# SPDX-License-Identifier: MIT
"""LIKE: ``%`` stands for any text, ``_`` for any character. In time and room that a hostile pattern cannot stretch."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LONGEST_KEPT = 256
"""Characters of a pattern that is kept for the next row; attackers write the long ones."""
MAX_TRIED = 200_000
"""Comparisons for one part of a pattern that has signs for any character in it."""
MAX_SIGNS = 20_000
"""Signs in one pattern; nothing is like one that has more."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a pattern without ``%``: its length, and the texts that stand in it, each with its place."""

    length: int
    runs: tuple[tuple[int, str], ...]

    def fits(self, value: str, start: int) -> bool:
        """Whether a text is so from a place on."""
        if start < 0 or start + self.length > len(value):
            return False
        return all(value.startswith(run, start + place) for place, run in self.runs)

    def end_of_first(self, value: str, start: int, end: int) -> int:
        """Return where the first match between two places ends; -1 where there is none."""
        if len(self.runs) == 1 and len(self.runs[0][1]) == self.length:
            found = value.find(self.runs[0][1], start, end)
        else:
            last = min(end - self.length, start + MAX_TRIED // (1 + len(self.runs)))
            found = next((place for place in range(start, last + 1) if self.fits(value, place)), -1)
        return found + self.length if found >= 0 else -1


def like(value: str, pattern: str, escape: str, *, exact: bool = False) -> bool:
    """Whether a text is as a pattern says; every part of the pattern is searched from the left, once."""
    if pattern.count("%") + pattern.count("_") > MAX_SIGNS:
        return False
    if not exact:
        value, pattern, escape = value.upper(), pattern.upper(), escape.upper()
    segments = _kept(pattern, escape) if len(pattern) <= LONGEST_KEPT else _segments(pattern, escape)
    first, last = segments[0], segments[-1]
    if len(segments) == 1:
        return len(value) == first.length and first.fits(value, 0)
    position, end = first.length, len(value) - last.length
    if end < position or not first.fits(value, 0):
        return False
    for segment in segments[1:-1]:
        position = segment.end_of_first(value, position, end)
        if position < 0:
            return False
    return last.fits(value, end)


def ends_in_escape(pattern: str, escape: str) -> bool:
    """Whether nothing follows the sign that takes the meaning from the next character."""
    return bool(escape) and (len(pattern) - len(pattern.rstrip(escape))) % 2 == 1


@lru_cache(maxsize=256)
def _kept(pattern: str, escape: str) -> tuple[Segment, ...]:
    """Return the parts of a pattern, and keep them."""
    return _segments(pattern, escape)


def _segments(pattern: str, escape: str) -> tuple[Segment, ...]:
    """Return the parts of a pattern between the signs for any text."""
    found, length, runs = list[Segment](), 0, list[tuple[int, str]]()
    for kind, text in _words(pattern, escape):
        if kind == "any":
            found.append(Segment(length, tuple(runs)))
            length, runs = 0, []
            continue
        if kind == "text" and runs and sum(map(len, runs[-1][1:])) + runs[-1][0] == length:
            runs[-1] = runs[-1][0], runs[-1][1] + text
        elif kind == "text":
            runs.append((length, text))
        length += len(text)
    return (*found, Segment(length, tuple(runs)))


@lru_cache(maxsize=16)
def _expression(escape: str) -> re.Pattern[str]:
    """Return the expression of what a pattern consists of."""
    sign = re.escape(escape)
    escaped, plain = (rf"{sign}(?P<escaped>.)|", rf"[^%_{sign}]+|{sign}") if escape else ("", "[^%_]+")
    return re.compile(rf"{escaped}(?P<any>%+)|(?P<one>_+)|(?P<text>{plain})", re.DOTALL)


def _words(pattern: str, escape: str) -> Iterator[tuple[str, str]]:
    """Yield what a pattern consists of: ``any``, ``one`` for each of the signs for a character, ``text``."""
    for match in _expression(escape[:1]).finditer(pattern):
        kind = match.lastgroup or ""
        yield ("text", match["escaped"]) if kind == "escaped" else (kind, match[0])
