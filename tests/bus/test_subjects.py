# SPDX-License-Identifier: MIT
"""Subjects follow the rules of NATS, and the routing table agrees with a naive reading of them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.bus.subjects import (
    MAX_LENGTH,
    MAX_TOKENS,
    Routes,
    _Node,
    check_pattern,
    check_topic,
    is_pattern,
    is_subset,
    is_topic,
    matches,
)
from decnet.errors import BusError

WORDS = ("a", "b", "c")
topics = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(".".join)
patterns = st.builds(
    lambda tokens, rest: ".".join([*tokens, ">"] if rest or not tokens else tokens),
    st.lists(st.sampled_from((*WORDS, "*")), max_size=4),
    st.booleans(),
)


def covers(pattern: list[str], topic: list[str]) -> bool:
    """Read the rules aloud: the oracle."""
    if not pattern or not topic:
        return pattern == topic
    if pattern == [">"]:
        return True
    return pattern[0] in ("*", topic[0]) and covers(pattern[1:], topic[1:])


EVERY_TOPIC = [list(tokens) for length in range(1, 6) for tokens in product((*WORDS, "other"), repeat=length)]


@pytest.mark.parametrize("text", ["a", "a.b", "A-_9.z", ".".join("x" * MAX_TOKENS), "a" * MAX_LENGTH])
def test_topic_is_made_of_tokens(text: str) -> None:
    assert is_topic(text)
    assert is_pattern(text)
    assert check_topic(text) == text


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\n", "a\r", "a\0b", "é", "$SYS", "a/b", "a:b"],
)
def test_malformed_subject_is_neither_topic_nor_pattern(text: str) -> None:
    assert not is_topic(text)
    assert not is_pattern(text)
    with pytest.raises(BusError):
        check_topic(text)
    with pytest.raises(BusError):
        check_pattern(text)


def test_subject_is_bounded_in_length_and_depth() -> None:
    assert not is_pattern("a" * (MAX_LENGTH + 1))
    assert not is_pattern(".".join("x" * (MAX_TOKENS + 1)))


@pytest.mark.parametrize("text", ["*", ">", "a.*", "*.a", "a.>", "a.*.>", "*.*.*", "*.>"])
def test_wildcard_makes_a_pattern_and_no_topic(text: str) -> None:
    assert is_pattern(text)
    assert not is_topic(text)


@pytest.mark.parametrize("text", ["a.b*", "*b", "**", "a.**", ">.a", "a.>.b", "a>", ">>", "a.>>"])
def test_wildcard_that_is_no_whole_token_is_refused(text: str) -> None:
    assert not is_pattern(text)


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a.>", "a", False),
        ("a.>", "a.b", True),
        ("a.>", "a.b.c", True),
        ("a.*", "a.b.c", False),
        ("a.*.>", "a.b", False),
        ("a.*.>", "a.b.c", True),
        ("*", "a", True),
        ("*", "a.b", False),
        (">", "a.b", True),
        ("a", "A", False),
    ],
)
def test_pattern_matches_as_nats_does(pattern: str, topic: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert matches(pattern, topic) is expected


@given(patterns, topics)
def test_match_agrees_with_the_oracle(pattern: str, topic: str) -> None:
    assert matches(pattern, topic) is covers(pattern.split("."), topic.split("."))


@given(patterns, patterns)
def test_subset_means_that_every_topic_of_one_is_a_topic_of_the_other(pattern: str, granted: str) -> None:
    inner = [topic for topic in EVERY_TOPIC if covers(pattern.split("."), topic)]
    assert is_subset(pattern, granted) is all(covers(granted.split("."), topic) for topic in inner)


@given(st.lists(st.tuples(patterns, st.integers(0, 4)), max_size=12), st.data(), topics)
def test_routes_agree_with_the_oracle_after_any_changes(added: list[tuple[str, int]], data: st.DataObject, topic: str) -> None:
    routes: Routes[int] = Routes()
    for pattern, owner in added:
        routes.add(pattern, owner)
    removed = data.draw(st.lists(st.sampled_from(added), max_size=6)) if added else []
    for pattern, owner in removed:
        routes.remove(pattern, owner)
    left = set(added) - set(removed)
    found = routes.match(topic)
    assert len(routes) == len(left)
    assert len(found) == len(set(found)), "nobody is named twice"
    assert set(found) == {owner for pattern, owner in left if covers(pattern.split("."), topic.split("."))}


@given(st.lists(st.tuples(patterns, st.integers(0, 4)), max_size=12))
def test_routes_keep_nothing_of_what_was_removed(added: list[tuple[str, int]]) -> None:
    routes: Routes[int] = Routes()
    for pattern, owner in added:
        routes.add(pattern, owner)
    for pattern, owner in added:
        routes.remove(pattern, owner)
    assert routes._root == _Node()
