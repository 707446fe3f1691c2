# SPDX-License-Identifier: MIT
"""The patterns of KEYS, SCAN and PSUBSCRIBE, matched in bounded time: a star never goes back further than the last one."""

_MAX_PATTERN = 1024


def matches(pattern: bytes, text: bytes) -> bool:
    """Whether ``text`` matches ``pattern`` (``*``, ``?``, ``[a-z^]``, backslash); overlong patterns match nothing."""
    if pattern == b"*":
        return True
    tokens = _tokens(pattern[: _MAX_PATTERN + 1])
    if len(pattern) > _MAX_PATTERN:
        return False
    token = position = 0
    star, resume = -1, 0
    while position < len(text):
        if token < len(tokens) and tokens[token] is None:
            star, resume = token, position
            token += 1
        elif token < len(tokens) and text[position] in (tokens[token] or ()):
            token += 1
            position += 1
        elif star >= 0:
            token = star + 1
            resume += 1
            position = resume
        else:
            return False
    return all(item is None for item in tokens[token:])


def _tokens(pattern: bytes) -> list[frozenset[int] | None]:
    """Return what each place of a pattern takes: a set of bytes, or None for a star."""
    tokens: list[frozenset[int] | None] = []
    position = 0
    while position < len(pattern):
        byte = pattern[position : position + 1]
        if byte == b"*":
            tokens.append(None)
        elif byte == b"?":
            tokens.append(frozenset(range(256)))
        elif byte == b"[":
            taken, position = _class(pattern, position + 1)
            tokens.append(taken)
            continue
        else:
            position += byte == b"\\" and position + 1 < len(pattern)
            tokens.append(frozenset(pattern[position : position + 1]))
        position += 1
    return tokens


def _class(pattern: bytes, position: int) -> tuple[frozenset[int], int]:
    """Return the bytes of a bracket and the position behind it."""
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
    return frozenset(set(range(256)) - taken if inverted else taken), position + 1
