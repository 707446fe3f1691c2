# SPDX-License-Identifier: MIT
"""
Regular expressions of POSIX, basic and extended, translated for Python.

Patterns and texts are the attacker's, and Python's engine backtracks and cannot be interrupted. So a group that repeats
something repeated becomes possessive, and from the choices that a pattern leaves follows the longest text on which every
way of matching can be tried within some ten milliseconds: what stands behind that is not searched.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from decnet.lures.shell.pattern import bracket

MAX_PATTERN = 1000
MAX_TEXT = 65536
LEAST_TEXT = 24
WAYS = 2_000_000
_MANY = 1e15
_INTERVAL = re.compile(r"(\d{0,4})(,?)(\d{0,4})")
_ESCAPES = {"w": r"\w", "W": r"\W", "s": r"\s", "S": r"\S", "b": r"\b", "B": r"\B", "<": r"\b(?=\w)", ">": r"\b(?<=\w)",
            "n": r"\n", "t": r"\t", "`": r"\A", "'": r"\Z", "d": r"\d"}  # fmt: skip
_MAX_REPEAT = 255


class PatternError(Exception):
    """The expression is wrong; the message is that of the GNU C library."""


def longest(choices: float, repeats: int, *, is_anchored: bool) -> int:
    """
    Return the length of text that a pattern may be tried on.

    ``repeats`` repetitions without an end can divide ``n`` characters in about ``n ** repeats / repeats!`` ways, from each
    of ``n`` beginnings; every way is tried with each of the ``choices`` that alternatives and bounded repetitions leave.
    """
    freedom = repeats + (not is_anchored)
    if freedom == 0:
        return MAX_TEXT if choices <= WAYS else 0
    return min(MAX_TEXT, int((WAYS * math.factorial(freedom) / choices) ** (1 / freedom)))


@dataclass
class _Ways:
    """How many ways there are to match what was read of a group: choices, and repetitions without an end."""

    choices: float = 1.0
    repeats: int = 0
    other_choices: float = 0.0
    other_repeats: int = 0
    last: tuple[float, int] = (1.0, 0)

    def settle(self) -> None:
        """Add the last atom, which nothing can repeat any more, to the sequence."""
        self.choices = min(self.choices * self.last[0], _MANY)
        self.repeats += self.last[1]
        self.last = (1.0, 0)

    def next_alternative(self) -> None:
        """Begin another alternative."""
        self.settle()
        self.other_choices += self.choices
        self.other_repeats = max(self.other_repeats, self.repeats)
        self.choices, self.repeats = 1.0, 0

    def total(self) -> tuple[float, int]:
        """Return the ways of all alternatives."""
        self.next_alternative()
        return self.other_choices, self.other_repeats

    def repeat(self, low: int, high: int | None) -> None:
        """Repeat the last atom."""
        choices, repeats = self.last
        times = min(high if high is not None else low + 1, 50)
        choices = min(choices ** max(times, 1), _MANY) if choices > 1 else 1.0
        if high is None:
            self.last = (choices, repeats * max(times, 1) + 1)
        else:
            self.last = (choices * (high - low + 1), repeats * max(times, 1))


class Expression:
    """A compiled expression."""

    def __init__(self, pattern: str, *, extended: bool, ignore_case: bool = False) -> None:
        if len(pattern) > MAX_PATTERN:
            raise PatternError("Regular expression too big")
        translation = _Translation(pattern, extended=extended)
        try:
            self._compiled = re.compile(translation.text(), re.IGNORECASE if ignore_case else 0)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError("Invalid regular expression") from error
        self.limit = longest(*translation.ways(), is_anchored=translation.is_anchored)
        if self.limit < LEAST_TEXT:
            raise PatternError("Regular expression too big")
        self.is_costly = self.limit < MAX_TEXT

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Return the first match at or behind ``start``."""
        return self._compiled.search(text, start, max(self.limit, start + 1) if len(text) > self.limit else len(text))

    def substitute(self, replacement: Callable[[re.Match[str]], str], text: str, *, first: int, every: bool) -> tuple[str, int]:
        """Replace the match number ``first`` (1 is the first) and, with ``every``, all behind it; return how many."""
        count = 0
        seen = 0

        def replace(match: re.Match[str]) -> str:
            nonlocal count, seen
            seen += 1
            if seen < first or (seen > first and not every):
                return match[0]
            count += 1
            return replacement(match)

        head, tail = text[: self.limit], text[self.limit :]
        return self._compiled.sub(replace, head) + tail, count


class _Translation:
    """One pass over a pattern; counts the ways to match it."""

    def __init__(self, pattern: str, *, extended: bool) -> None:
        self.pattern = pattern
        self.extended = extended
        self.repeats = 0
        self.at = 0
        self.parts: list[str] = []
        self.groups: list[tuple[int, int]] = []
        self.is_complex = False
        self.is_anchored = pattern.startswith("^") and "|" not in pattern
        self._ways = [_Ways()]

    def ways(self) -> tuple[float, int]:
        """Return the choices and the open repetitions of the whole."""
        return self._ways[0].total()

    def text(self) -> str:
        """Return the translation."""
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            self.at += 1
            if char == "\\":
                self._escape()
            elif char == "[":
                self._bracket()
            elif self.extended and char in "(){}|+?":
                self._operator(char)
            elif char == "*":
                self._star()
            elif char in "^$":
                self._anchor(char)
            else:
                self._atom("." if char == "." else re.escape(char))
        if self.groups:
            raise PatternError("Unmatched ( or \\(")
        return "".join(self.parts)

    def _bracket(self) -> None:
        start = self.at
        part, self.at = bracket(self.pattern, start)
        if self.at == start:
            raise PatternError("Unmatched [, [^, [:, [., or [=")
        self._atom(part)

    def _atom(self, part: str) -> None:
        self._ways[-1].settle()
        self.parts.append(part)
        self.is_complex = False

    def _escape(self) -> None:
        if self.at >= len(self.pattern):
            raise PatternError("Trailing backslash")
        char = self.pattern[self.at]
        self.at += 1
        if not self.extended and char in "(){}|+?":
            self._operator(char)
        elif char in "123456789":
            self.repeats += 1
            self._atom(f"(?:\\{char})")
            self._ways[-1].last = (1.0, 1)
        else:
            self._atom(_ESCAPES.get(char, re.escape(char)))

    def _operator(self, char: str) -> None:
        if char == "(":
            self.groups.append((len(self.parts), self.repeats))
            self._ways[-1].settle()
            self._ways.append(_Ways())
            self.parts.append("(")
        elif char == ")":
            self._close()
        elif char == "|":
            self.parts.append("|")
            self._ways[-1].next_alternative()
        elif char == "{":
            self._interval()
        elif char == "}":
            self._atom(r"\}")
        else:
            self._repeat(char)

    def _close(self) -> None:
        if not self.groups:
            if not self.extended:
                raise PatternError("Unmatched ) or \\)")
            self._atom(r"\)")
            return
        start, repeats = self.groups.pop()
        total = self._ways.pop().total()
        self._ways[-1].last = total
        inner = "".join(self.parts[start:]) + ")"
        del self.parts[start:]
        self.parts.append(inner)
        self.is_complex = self.repeats > repeats or "|" in inner or "{" in inner or "?" in inner

    def _at_start(self) -> bool:
        return not self.parts or self.parts[-1] in ("(", "|", "^")

    def _star(self) -> None:
        if self._at_start():
            self._atom(r"\*")
        else:
            self._repeat("*")

    def _repeat(self, operator: str) -> None:
        if self._at_start():
            if self.extended:
                return
            self._atom(re.escape(operator))
            return
        if self.parts[-1][-1:] in "*+?}" and not self.parts[-1].endswith(("\\*", "\\+", "\\?", "\\}")):
            self.parts[-1] = f"(?:{self.parts[-1]})"
            self.is_complex = True
        self.repeats += operator in "*+"
        if operator in "*+?":
            self._ways[-1].repeat(operator == "+", 1 if operator == "?" else None)
        self.parts[-1] += operator + ("+" if self.is_complex and operator != "?" else "")

    def _interval(self) -> None:
        match = _INTERVAL.match(self.pattern, self.at)
        end = "}" if self.extended else "\\}"
        if match is None or not self.pattern.startswith(end, match.end()) or self._at_start() or not (match[1] or match[2]):
            if self.extended:
                self._atom(r"\{")
                return
            raise PatternError("Unmatched { or \\{")
        self.at = match.end() + len(end)
        low, high = int(match[1] or 0), match[3] if match[2] else match[1] or "0"
        if low > _MAX_REPEAT or (high and int(high) > _MAX_REPEAT) or (high and int(high) < low):
            raise PatternError("Invalid content of \\{\\}")
        self._repeat(f"{{{low},{high}}}")
        self._ways[-1].repeat(low, int(high) if high else None)
        self.repeats += not high or int(high) > 9

    def _anchor(self, char: str) -> None:
        is_anchor = self.extended
        if char == "^":
            is_anchor = is_anchor or self._at_start()
        else:
            following = self.pattern[self.at : self.at + 2]
            is_anchor = is_anchor or following in ("", "\\)", "\\|")
        self.parts.append(char if is_anchor and char == "^" else r"\Z" if is_anchor else re.escape(char))
        self.is_complex = False


__all__ = ["Expression", "PatternError"]
