# SPDX-License-Identifier: MIT
"""
The patterns of KEYS, SCAN and PSUBSCRIBE, matched in bounded time.

A pattern becomes a regular expression whose stars, all but the last, are atomic groups that stop at the first place where what
follows fits: they never go back, so no pattern makes matching explode.
"""

import re
from functools import lru_cache

_MAX_PATTERN = 1024


def matches(pattern: bytes, text: bytes) -> bool:
    """Whether ``text`` matches ``pattern`` (``*``, ``?``, ``[a-z^]``, backslash); overlong patterns match nothing."""
    if pattern == b"*":
        return True
    return len(pattern) <= _MAX_PATTERN and _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Return the regular expression of a pattern."""
    parts: list[list[bytes]] = [[]]
    position = 0
    while position < len(pattern):
        byte = pattern[position : position + 1]
        if byte == b"*":
            parts.append([])
        elif byte == b"[":
            piece, position = _class(pattern, position + 1)
            parts[-1].append(piece)
            continue
        elif byte == b"?":
            parts[-1].append(b".")
        else:
            position += byte == b"\\" and position + 1 < len(pattern)
            parts[-1].append(re.escape(pattern[position : position + 1]))
        position += 1
    first, *others = [b"".join(part) for part in parts]
    if not others:
        return re.compile(first, re.DOTALL)
    middle = b"".join(b"(?>.*?" + part + b")" for part in others[:-1] if part)
    return re.compile(first + middle + b".*" + others[-1], re.DOTALL)


def _class(pattern: bytes, position: int) -> tuple[bytes, int]:
    """Return the regular expression of a bracket and the position behind it."""
    inverted = pattern[position : position + 1] == b"^"
    position += inverted
    taken: set[int] = set()
    while position < len(pattern) and pattern[position] != ord("]"):
        if pattern[position] == ord("\\") and position + 1 < len(pattern):
            position += 1
            taken.add(pattern[position])
        elif pattern[position + 1 : position + 2] == b"-" and position + 2 < len(pattern):
            low, high = sorted((pattern[position], pattern[position + 2]))
            taken.update(range(low, high + 1))
            position += 2
        else:
            taken.add(pattern[position])
        position += 1
    if not taken:
        return (b"." if inverted else b"(?!)"), position + 1
    members = b"".join(b"\\x%02x" % byte for byte in sorted(taken))
    return b"[" + (b"^" if inverted else b"") + members + b"]", position + 1
