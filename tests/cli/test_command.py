# SPDX-License-Identifier: MIT
"""What numbers a command line takes."""

from argparse import ArgumentTypeError

import pytest

from decnet.cli.command import count, duration


@pytest.mark.parametrize("given", ["0", "-1", "", "x", "1.5", "\u0663", "9" * 19])
def test_count_refuses_what_the_store_cannot_count(given: str) -> None:
    with pytest.raises(ArgumentTypeError):
        count(given)


@pytest.mark.parametrize("given", ["-1", "nan", "inf", "", "x"])
def test_duration_refuses_what_nobody_can_wait_for(given: str) -> None:
    with pytest.raises(ArgumentTypeError):
        duration(given)


def test_numbers_are_taken() -> None:
    assert (count("1"), count("9" * 18), duration("0"), duration("2.5")) == (1, 10**18 - 1, 0.0, 2.5)
