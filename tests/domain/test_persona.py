# SPDX-License-Identifier: MIT
"""Everything that a decoy invents about itself is the same at every visit and another one's elsewhere."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.decoys import persona


def test_derived_bytes_stay_the_same() -> None:
    assert persona().derive("host key") == persona().derive("host key")


def test_derived_bytes_differ_by_purpose_and_by_decoy() -> None:
    assert persona().derive("host key") != persona().derive("serial number")
    assert persona().derive("host key") != persona(seed="another").derive("host key")


def test_derived_bytes_do_not_depend_on_names() -> None:
    assert persona().derive("host key") == persona(hostname="other", software={}).derive("host key")


@given(st.integers(1, 500))
def test_derive_returns_as_many_bytes_as_asked_for(size: int) -> None:
    assert len(persona().derive("x", size)) == size


@given(st.text(), st.integers(-1000, 1000), st.integers(0, 1000))
def test_between_stays_within_its_bounds(purpose: str, low: int, width: int) -> None:
    assert low <= persona().between(purpose, low, low + width) <= low + width


def test_choose_takes_one_of_the_choices_and_every_one_at_some_time() -> None:
    assert {persona().choose(str(number), ("a", "b", "c")) for number in range(60)} == {"a", "b", "c"}
