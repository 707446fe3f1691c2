# SPDX-License-Identifier: MIT
"""
Regular expressions of POSIX, basic and extended, translated for Python.

Patterns and texts are the attacker's, and Python's engine backtracks: a group that repeats something repeated becomes
possessive, and the more open-ended repetitions a pattern has, the shorter the text on which it is tried.
"""

import re
from collections.abc import Callable

from decnet.lures.shell.pattern import bracket

MAX_PATTERN = 1000
_LIMITS = (65536, 65536, 1500, 300, 160, 100)
_FEWEST = 60
_INTERVAL = re.compile(r"(\d{0,4})(,?)(\d{0,4})")
_ESCAPES = {"w": r"\w", "W": r"\W", "s": r"\s", "S": r"\S", "b": r"\b", "B": r"\B", "<": r"\b(?=\w)", ">": r"\b(?<=\w)",
            "n": r"\n", "t": r"\t", "`": r"\A", "'": r"\Z", "d": r"\d"}  # fmt: skip
_MAX_REPEAT = 255


class PatternError(Exception):
    """The expression is wrong; the message is that of the GNU C library."""


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
        self.limit = _LIMITS[translation.repeats] if translation.repeats < len(_LIMITS) else _FEWEST

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
    """One pass over a pattern; counts the open-ended repetitions."""

    def __init__(self, pattern: str, *, extended: bool) -> None:
        self.pattern = pattern
        self.extended = extended
        self.repeats = 0
        self.at = 0
        self.parts: list[str] = []
        self.groups: list[tuple[int, int]] = []
        self.is_complex = False

    def text(self) -> str:
        """Return the translation."""
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            self.at += 1
            if char == "\\":
                self._escape()
            elif char == "[":
                part, self.at = bracket(self.pattern, self.at)
                self._atom(part)
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

    def _atom(self, part: str) -> None:
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
        else:
            self._atom(_ESCAPES.get(char, re.escape(char)))

    def _operator(self, char: str) -> None:
        if char == "(":
            self.groups.append((len(self.parts), self.repeats))
            self.parts.append("(")
        elif char == ")":
            self._close()
        elif char == "|":
            self.parts.append("|")
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
