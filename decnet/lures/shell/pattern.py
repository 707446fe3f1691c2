# SPDX-License-Identifier: MIT
"""Patterns of the shell (``*``, ``?``, ``[...]``), and braces."""

import re
from functools import lru_cache

MAGIC = "*?["
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s", "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f", "print": r"\x20-\x7e", "cntrl": r"\x00-\x1f\x7f", "graph": r"\x21-\x7e",
}  # fmt: skip
_RANGE = re.compile(r"(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.(-?\d{1,9}))?")
_LETTERS = re.compile(r"([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?\d{1,9}))?")
MAX_WORDS = 10_000
MAX_WORK = 4_000_000
MAX_BRACED = 4096
MAX_BRACES = 48


def quote(text: str) -> str:
    """Return a pattern that matches ``text`` only."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", text)


def unquote(pattern: str) -> str:
    """Return the text of a pattern that nothing matched."""
    return re.sub(r"\\(.)", r"\1", pattern, flags=re.DOTALL)


def has_magic(pattern: str) -> bool:
    """Return whether a pattern has an unquoted pattern character."""
    return any(char in MAGIC for char in re.sub(r"\\.", "", pattern, flags=re.DOTALL))


@lru_cache(maxsize=512)
def translate(pattern: str, *, greedy: bool = True) -> str:
    """
    Return the regular expression of a pattern, without anchors.

    Stars, all but the last, are atomic and stop at the first place where what follows fits. A later place would leave less for
    the rest, so nothing is missed, and no pattern makes matching explode.
    """
    first, *others = _between_stars(pattern)
    if not others:
        return first
    middle = "".join(f"(?>.*?{part})" for part in others[:-1])
    return f"{first}{middle}{'.*' if greedy else '.*?'}{others[-1]}"


def _between_stars(pattern: str) -> list[str]:
    """Return the expressions before, between and behind the stars of a pattern."""
    parts = [""]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if parts[-1] or len(parts) == 1:
                parts.append("")
        elif char == "?":
            parts[-1] += "."
        elif char == "\\" and at < len(pattern):
            parts[-1] += re.escape(pattern[at])
            at += 1
        elif char == "[":
            part, at = bracket(pattern, at)
            parts[-1] += part
        else:
            parts[-1] += re.escape(char)
    return parts


def bracket(pattern: str, at: int) -> tuple[str, int]:
    """Return the expression of the bracket that begins before ``at``, and the place behind it."""
    start = at
    negated = pattern[at : at + 1] in ("!", "^") and bool(pattern[at : at + 1])
    at += negated
    inner: list[str] = []
    is_first = True
    while at < len(pattern) and (pattern[at] != "]" or is_first):
        is_first = False
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) > 0:
            inner.append(_CLASSES.get(pattern[at + 2 : end], ""))
            at = end + 2
            continue
        if pattern[at] == "\\" and at + 1 < len(pattern):
            at += 1
            inner.append(re.escape(pattern[at]))
        else:
            inner.append("-" if pattern[at] == "-" else re.escape(pattern[at]))
        at += 1
    expression = f"[{'^' if negated else ''}{''.join(inner)}]"
    if at >= len(pattern) or not inner or not _compiles(expression):
        return r"\[", start
    return expression, at + 1


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except re.error:
        return False
    return True


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the expression that a whole text must match."""
    return re.compile(translate(pattern), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole of ``text`` matches; long patterns are tried on the start of long texts only."""
    return compiled(pattern).fullmatch(text[: MAX_WORK // max(1, len(pattern))]) is not None


def braces(text: str) -> list[str]:
    """Return the words that ``{a,b}`` and ``{1..3}`` make of a text; quoted characters come as private placeholders."""
    opening = text.find("{") if len(text) <= MAX_BRACED and text.count("{") <= MAX_BRACES else -1
    while opening >= 0:
        found = _alternatives(text, opening)
        if found is not None:
            alternatives, closing = found
            tails = braces(text[closing + 1 :])
            words: list[str] = []
            for alternative in alternatives:
                words.extend(text[:opening] + alternative + tail for tail in tails[: MAX_WORDS - len(words)])
            return words
        opening = text.find("{", opening + 1)
    return [text]


def _alternatives(text: str, opening: int) -> tuple[list[str], int] | None:
    if opening and text[opening - 1] == "$":
        return None
    depth, start = 0, opening + 1
    pieces: list[str] = []
    for at in range(opening, len(text)):
        char = text[at]
        if char == "{":
            depth += 1
        elif char == "," and depth == 1:
            pieces.append(text[start:at])
            start = at + 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                pieces.append(text[start:at])
                return _sequence_or_list(pieces, at)
    return None


def _sequence_or_list(pieces: list[str], closing: int) -> tuple[list[str], int] | None:
    if len(pieces) > 1:
        return [word for piece in pieces for word in braces(piece)][:MAX_WORDS], closing
    words = sequence(pieces[0])
    return None if words is None else (words, closing)


def sequence(text: str) -> list[str] | None:
    """Return the words of ``1..5`` or ``a..e``; ``None`` where it is neither."""
    if match := _RANGE.fullmatch(text):
        first, last = int(match[1]), int(match[2])
        is_padded = any(len(number.lstrip("-")) > 1 and number.lstrip("-")[0] == "0" for number in (match[1], match[2]))
        width = max(len(match[1]), len(match[2])) if is_padded else 0
        return [str(number).zfill(width) for number in _steps(first, last, match[3])]
    if match := _LETTERS.fullmatch(text):
        return [chr(code) for code in _steps(ord(match[1]), ord(match[2]), match[3])]
    return None


def _steps(first: int, last: int, step: str | None) -> range:
    size = max(1, abs(int(step or 1)))
    return range(first, last + 1, size)[:MAX_WORDS] if first <= last else range(first, last - 1, -size)[:MAX_WORDS]
