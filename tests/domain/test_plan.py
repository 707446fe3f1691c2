# SPDX-License-Identifier: MIT
"""The plan holds exactly what differs, removals first, and no secret."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState
from decnet.domain.plan import Step, plan
from tests.support.fleets import desired, state

SSH, HTTP = DesiredLure(name="ssh", port=22), DesiredLure(name="http", port=80)


def lines(steps: tuple[Step, ...]) -> list[tuple[str, str, str]]:
    """Return steps in short."""
    return [(step.action, step.decoy, step.lure) for step in steps]


def test_plan_of_the_same_state_is_empty() -> None:
    assert plan(state(desired("a")), state(desired("a"))) == ()


def test_plan_creates_a_decoy_before_its_lures() -> None:
    assert lines(plan(state(desired("a", SSH, HTTP)), state())) == [
        ("create", "a", ""),
        ("create", "a", "ssh"),
        ("create", "a", "http"),
    ]


def test_plan_removes_before_it_creates() -> None:
    assert lines(plan(state(desired("b")), state(desired("a")))) == [
        ("remove", "a", "ssh"),
        ("remove", "a", ""),
        ("create", "b", ""),
        ("create", "b", "ssh"),
    ]


def test_plan_changes_only_the_lure_that_differs() -> None:
    (step,) = plan(state(desired("a", replace(SSH, port=2222), HTTP)), state(desired("a", SSH, HTTP)))
    assert (step.action, step.lure, step.detail) == ("change", "ssh", "port 22 -> 2222")


def test_plan_changes_every_lure_of_another_identity() -> None:
    steps = plan(state(desired("a", SSH, HTTP, addresses=("127.20.0.2",))), state(desired("a", SSH, HTTP)))
    assert lines(steps) == [("change", "a", ""), ("change", "a", "ssh"), ("change", "a", "http")]
    assert steps[0].detail == "addresses 127.20.0.1 -> 127.20.0.2"


def test_plan_shows_neither_seeds_nor_options() -> None:
    old = desired("a", replace(SSH, options={"password": "hunter2"}))
    persona = replace(old.decoy.persona, seed="other secret")
    new = replace(old, decoy=replace(old.decoy, persona=persona), lures=(replace(SSH, options={"password": "x"}),))
    shown = " ".join(step.detail for step in plan(state(new), state(old)))
    assert "seed" in shown
    assert "password" in shown
    assert "secret" not in shown
    assert "hunter2" not in shown


NAMES = st.sampled_from(["a", "b", "c"])
LURES = st.lists(
    st.builds(DesiredLure, name=st.sampled_from(["ssh", "http"]), port=st.integers(1, 3)), unique_by=lambda lure: lure.name
)
STATES = st.dictionaries(NAMES, LURES, max_size=3).map(
    lambda wanted: state(*(replace(desired(name), lures=tuple(lures)) for name, lures in wanted.items()))
)


def done(actual: DesiredState, steps: tuple[Step, ...]) -> dict[str, dict[str, DesiredLure]]:
    """Return what a plan that was carried out leaves: the lures of each decoy."""
    decoys: dict[str, DesiredDecoy] = {entry.name: entry for entry in actual.decoys}
    lures = {name: {lure.name: lure for lure in entry.lures} for name, entry in decoys.items()}
    for step in steps:
        if not step.lure:
            lures.pop(step.decoy, None) if step.action == "remove" else lures.setdefault(step.decoy, {})
        elif step.action == "remove":
            del lures[step.decoy][step.lure]
        elif step.lure_wanted is not None:
            lures[step.decoy][step.lure] = step.lure_wanted
    return lures


@given(STATES, STATES)
def test_plan_that_is_carried_out_leads_to_what_is_desired(wanted: DesiredState, actual: DesiredState) -> None:
    expected = {entry.name: {lure.name: lure for lure in entry.lures} for entry in wanted.decoys}
    assert done(actual, plan(wanted, actual)) == expected
