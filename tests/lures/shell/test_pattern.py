# SPDX-License-Identifier: MIT
"""The shell's patterns mean what bash says they mean, and no attacker's pattern takes long."""

import fnmatch
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.shell.pattern import matches, translate
from tests.lures.shell.sessions import execute

HOSTILE = "*a" * 30 + "*b"


@given(pattern=st.text("ab*?", max_size=8), text=st.text("ab", max_size=12))
def test_pattern_matches_what_a_naive_matcher_does(pattern: str, text: str) -> None:
    assert matches(pattern, text) == (re.match(fnmatch.translate(pattern), text) is not None)


@given(pattern=st.text("ab*?", max_size=6), text=st.text("ab", max_size=10))
def test_prefix_is_the_longest_or_the_shortest_that_matches(pattern: str, text: str) -> None:
    fitting = [size for size in range(len(text) + 1) if matches(pattern, text[:size])]
    longest, shortest = re.match(translate(pattern), text), re.match(translate(pattern, greedy=False), text)
    assert (longest and longest.end(), shortest and shortest.end()) == (max(fitting, default=None), min(fitting, default=None))


@pytest.mark.parametrize("text", ["a" * 60, "a" * 20_000], ids=len)
def test_many_stars_take_no_time(text: str) -> None:
    started = time.process_time()
    assert not matches(HOSTILE, text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("operator", ["/", "//", "/#", "/%", "#", "##", "%", "%%"])
async def test_many_stars_in_a_parameter_take_no_time(operator: str) -> None:
    """A logged-in attacker must not stop the other decoys with one line."""
    text = "a" * 3000
    started = time.process_time()
    code, output, _ = await execute(f"x={text}; echo ${{x{operator}{HOSTILE}}}".encode())
    assert time.process_time() - started < 2
    assert (code, output.decode().strip()) == (0, text)
