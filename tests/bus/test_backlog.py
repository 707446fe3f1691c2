# SPDX-License-Identifier: MIT
"""A backlog holds the newest items within its bounds, in order, and counts the rest, however they came in batches."""

from hypothesis import given
from hypothesis import strategies as st

from decnet.bus.backlog import Backlog

batches = st.lists(st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=7), max_size=12)


def drain(backlog: Backlog[bytes]) -> list[bytes]:
    """Return everything that waits."""
    items: list[bytes] = []
    while batch := backlog.take():
        items.extend(batch)
    return items


@given(batches, st.integers(1, 20), st.integers(1, 60))
def test_backlog_keeps_the_newest_within_its_bounds(added: list[list[bytes]], count: int, size: int) -> None:
    backlog: Backlog[bytes] = Backlog(limit_count=count, limit_size=size, size_of=len)
    reported = 0
    expected: list[bytes] = []
    for batch in added:
        reported += backlog.extend(batch, sum(map(len, batch)))
        expected += batch
        while len(expected) > 1 and (len(expected) > count or sum(map(len, expected)) > size):
            del expected[0]
    total = sum(len(batch) for batch in added)
    assert backlog.count == len(expected)
    assert backlog.dropped == reported == total - len(expected)
    assert drain(backlog) == expected
    assert (backlog.count, backlog._size) == (0, 0)


@given(batches)
def test_batch_that_is_shared_is_not_changed(added: list[list[bytes]]) -> None:
    """The same frames wait for several subscribers; the slow one drops its own."""
    before = [list(batch) for batch in added]
    backlog: Backlog[bytes] = Backlog(limit_count=3, limit_size=10, size_of=len)
    for batch in added:
        backlog.extend(batch, sum(map(len, batch)))
    assert added == before


def test_cleared_backlog_is_empty_and_counts_nothing() -> None:
    backlog: Backlog[bytes] = Backlog(limit_count=3, limit_size=10, size_of=len)
    backlog.extend([b"a", b"b"], 2)
    backlog.clear()
    assert (drain(backlog), backlog.count, backlog.dropped) == ([], 0, 0)
