# SPDX-License-Identifier: MIT
"""
Subjects: what topics and patterns look like, and which of them meet.

The rules are those of NATS: tokens joined by dots, no empty token, case counts; ``*`` stands for exactly one token and
``>``, only as the last one, for one or more. A wildcard is a whole token. Two rules are ours: a token is made of
``[A-Za-z0-9_-]`` alone, and a subject has at most 32 tokens and 255 characters, so that nobody fills the routing table.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from decnet.errors import BusError

MAX_LENGTH = 255
MAX_TOKENS = 32
ONE = "*"
REST = ">"

_TOPIC = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_PATTERN = re.compile(r"(?:(?:[A-Za-z0-9_-]+|\*)\.)*(?:[A-Za-z0-9_-]+|\*|>)")

Owner = TypeVar("Owner")


def is_topic(text: str) -> bool:
    """Tell whether ``text`` is a literal subject: what an event is published on."""
    return _fits(text) and _TOPIC.fullmatch(text) is not None


def is_pattern(text: str) -> bool:
    """Tell whether ``text`` is a subject with or without wildcards: what a subscription names."""
    return _fits(text) and _PATTERN.fullmatch(text) is not None


def check_topic(text: str) -> str:
    """Return ``text`` if it is a topic; raise ``BusError`` otherwise."""
    if not is_topic(text):
        raise BusError(
            f"{text[:MAX_LENGTH]!a} is no topic", remedy="a topic is made of letters, digits, _ and -, joined by dots"
        )
    return text


def check_pattern(text: str) -> str:
    """Return ``text`` if it is a pattern; raise ``BusError`` otherwise."""
    if not is_pattern(text):
        remedy = "a pattern is a topic in which * may stand for a token and > for the last tokens"
        raise BusError(f"{text[:MAX_LENGTH]!a} is no pattern", remedy=remedy)
    return text


def matches(pattern: str, topic: str) -> bool:
    """Tell whether the valid ``pattern`` covers the valid literal ``topic``."""
    return is_subset(topic, pattern)


def is_subset(pattern: str, granted: str) -> bool:
    """Tell whether every topic that ``pattern`` covers is covered by ``granted``, both of them valid patterns."""
    inner, outer = pattern.split("."), granted.split(".")
    for position, token in enumerate(outer):
        if position == len(inner):
            return False
        if token == REST:
            return True
        if inner[position] == REST or token not in (ONE, inner[position]):
            return False
    return len(inner) == len(outer)


def _fits(text: str) -> bool:
    """Tell whether a subject stays within the bounds of length and depth."""
    return len(text) <= MAX_LENGTH and text.count(".") < MAX_TOKENS


@dataclass(slots=True)
class _Node(Generic[Owner]):
    """One level of the routing table: who ends here, who takes everything below, and the next level by token."""

    here: dict[Owner, None] = field(default_factory=dict)
    below: dict[Owner, None] = field(default_factory=dict)
    next: dict[str, "_Node[Owner]"] = field(default_factory=dict)


class Routes(Generic[Owner]):
    """Who subscribed to what: a trie over tokens, so that a topic meets its patterns without a look at all of them."""

    def __init__(self) -> None:
        self._root: _Node[Owner] = _Node()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, pattern: str, owner: Owner) -> None:
        """Let ``owner`` receive what ``pattern`` covers; twice is once."""
        owners = self._owners(self._path(pattern), pattern)
        self._size += owner not in owners
        owners[owner] = None

    def remove(self, pattern: str, owner: Owner) -> None:
        """Forget that; levels that nobody needs any more go too."""
        path = self._path(pattern)
        owners = self._owners(path, pattern)
        self._size -= owner in owners
        owners.pop(owner, None)
        for (token, parent), node in zip(reversed(path[:-1]), reversed([node for _, node in path[1:]]), strict=True):
            if not (node.here or node.below or node.next):
                del parent.next[token]

    def match(self, topic: str) -> list[Owner]:
        """Return every owner with a pattern that covers ``topic``, each of them once."""
        found: dict[Owner, None] = {}
        level = [self._root]
        for token in topic.split("."):
            for node in level:
                found.update(node.below)
            level = [node.next[key] for node in level for key in (token, ONE) if key in node.next]
        for node in level:
            found.update(node.here)
        return list(found)

    def _path(self, pattern: str) -> list[tuple[str, _Node[Owner]]]:
        """Return the nodes of a pattern from the root on, each with the token that leads on from it."""
        node, path = self._root, []
        for token in _steps(pattern):
            path.append((token, node))
            node = node.next.setdefault(token, _Node())
        return [*path, ("", node)]

    @staticmethod
    def _owners(path: list[tuple[str, _Node[Owner]]], pattern: str) -> dict[Owner, None]:
        """Return the owners' dictionary in which a pattern ends."""
        last = path[-1][1]
        return last.below if pattern.endswith(REST) else last.here


def _steps(pattern: str) -> Iterable[str]:
    """Return the tokens of a pattern that are levels of their own."""
    tokens = pattern.split(".")
    return tokens[:-1] if tokens[-1] == REST else tokens
