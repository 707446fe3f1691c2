# SPDX-License-Identifier: MIT
"""Readers who fall behind get a moment, but never more than their share of a publisher's time."""

from hypothesis import given
from hypothesis import strategies as st

from decnet.bus.allowance import AT_ONCE_SECONDS, SHARE, Allowance


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def seconds(longest: float) -> st.SearchStrategy[float]:
    return st.floats(min_value=0.0, max_value=longest)


@given(steps=st.lists(st.tuples(seconds(0.05), seconds(0.01)), max_size=300))
def test_readers_never_take_more_than_their_share(steps: list[tuple[float, float]]) -> None:
    """However they read, however long each moment really lasts."""
    clock = Clock()
    allowance = Allowance(clock)
    for working, moment in steps:
        clock.now += working
        if allowance.is_left():
            clock.now += moment
            allowance.spend(moment)
    assert allowance.spent <= AT_ONCE_SECONDS + SHARE * clock.now + 0.01


def test_publisher_keeps_nine_tenths_beside_a_reader_who_is_always_behind() -> None:
    """The reader asks for a moment after every chunk, for a minute."""
    clock = Clock()
    allowance = Allowance(clock)
    chunks = 0
    while clock.now < 60:
        clock.now += 0.001
        chunks += 1
        if allowance.is_left():
            clock.now += 0.0011
            allowance.spend(0.0011)
    assert chunks * 0.001 >= 0.9 * clock.now
    assert allowance.spent > 1, "the moments are there for those who need them"


def test_allowance_is_there_again_after_a_rest() -> None:
    clock = Clock()
    allowance = Allowance(clock)
    allowance.spend(AT_ONCE_SECONDS + 0.01)
    clock.now = 0.1
    assert not allowance.is_left()
    clock.now = 0.3
    assert allowance.is_left()
    clock.now = 1000.0
    assert allowance.is_left()
    allowance.spend(AT_ONCE_SECONDS)
    assert not allowance.is_left(), "a long rest saves up no more"
