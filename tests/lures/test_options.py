# SPDX-License-Identifier: MIT
"""The options of a lure are read from text, strictly, with every mistake named."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from decnet.errors import PlanError
from decnet.lures.loading import load
from decnet.lures.options import Option, check, describe, options_of
from decnet.lures.registry import LURES


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One option of each type."""

    name: Annotated[str, Meta(description="a text", min_length=1)] = "x"
    number: Annotated[int, Meta(description="a number", ge=1)] = 5
    flag: Annotated[bool, Meta(description="a switch")] = False
    mode: Annotated[Literal["soft", "hard"], Meta(description="one of two")] = "soft"
    items: Annotated[tuple[str, ...], Meta(description="several")] = ("a", "b")

    def __post_init__(self) -> None:
        if self.mode == "hard" and not self.flag:
            raise ValueError("hard needs the flag")


@dataclass(frozen=True, kw_only=True)
class Needed:
    """One option without a default."""

    key: Annotated[str, Meta(description="has to be given")]


def test_options_take_their_types_from_text() -> None:
    made = options_of(Sample, {"number": "7", "flag": "yes", "mode": "hard", "items": "x, y\nz"})
    assert made == Sample(number=7, flag=True, mode="hard", items=("x", "y", "z"))


def test_options_not_given_have_their_defaults() -> None:
    assert options_of(Sample, {}) == Sample()


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("On", True), ("true", True), ("no", False), ("OFF", False), ("0", False)]
)
def test_switches_are_said_in_words(text: str, value: bool) -> None:  # noqa: FBT001 - the parameter under test
    assert options_of(Sample, {"flag": text}).flag is value


def test_check_names_every_mistake() -> None:
    wrong = dict(check(Sample, {"nmae": "x", "number": "0", "flag": "maybe", "mode": "medium"}))
    assert wrong["nmae"] == "there is no option 'nmae'; did you mean 'name'?"
    assert set(wrong) == {"nmae", "number", "flag", "mode"}


def test_check_asks_for_what_has_no_default() -> None:
    assert check(Needed, {}) == [("key", "this option has to be given")]


def test_check_lets_the_options_look_at_each_other() -> None:
    assert check(Sample, {"mode": "hard"}) == [("mode", "hard needs the flag")]


def test_wrong_options_are_refused_with_the_command_that_lists_them() -> None:
    with pytest.raises(PlanError, match="'nmae'") as caught:
        options_of(Sample, {"nmae": "x"})
    assert "decnet lures" in caught.value.remedy


def test_describe_says_what_a_fleet_file_may_set() -> None:
    assert describe(Sample)[1:] == [
        Option(name="number", type="number", default="5", description="a number"),
        Option(name="flag", type="true or false", default="false", description="a switch"),
        Option(name="mode", type="soft | hard", default="soft", description="one of two"),
        Option(name="items", type="list", default="a, b", description="several"),
    ]


@pytest.mark.parametrize("lure", LURES, ids=lambda lure: lure.name)
def test_every_lure_describes_its_options_and_takes_its_own_defaults(lure: object) -> None:
    """What ``decnet lures NAME`` shows as defaults can be written into a fleet file as it stands."""
    type_ = load(lure.options)  # type: ignore[attr-defined]  # pytest hands parameters over as objects
    described = describe(type_)
    assert all(option.description for option in described)
    assert options_of(type_, {option.name: option.default for option in described if option.default}) == type_()
