# SPDX-License-Identifier: MIT
"""Every lure of the list can be imported and built as an archetype would have it."""

import pytest

from decnet.errors import NotFoundError, PlanError
from decnet.lures.loading import build, load
from decnet.lures.lure import LureType
from decnet.lures.registry import LURES
from tests.support.decoys import decoy


@pytest.mark.parametrize("lure", LURES, ids=lambda lure: lure.name)
def test_every_lure_can_be_built_without_options(lure: LureType) -> None:
    assert build(lure.name, decoy(), {}).name == lure.name


def test_class_is_found_once() -> None:
    assert load("decnet.domain.persona:Decoy") is load("decnet.domain.persona:Decoy")


def test_unknown_lure_is_refused() -> None:
    with pytest.raises(NotFoundError):
        build("gopher", decoy(), {})


def test_wrong_options_are_refused() -> None:
    with pytest.raises(PlanError):
        build("redis", decoy(), {"pasword": "x"})
