# SPDX-License-Identifier: MIT
"""The list of lures names what there is."""

import importlib

import pytest

from decnet.errors import NotFoundError
from decnet.lures.lure import LureType
from decnet.lures.registry import LURES, lure_type


@pytest.mark.parametrize("row", LURES, ids=lambda row: row.name)
def test_row_names_a_class_of_its_name_and_options(row: LureType) -> None:
    module, _, name = row.implementation.partition(":")
    assert getattr(importlib.import_module(module), name).name == row.name
    module, _, name = row.options.partition(":")
    assert getattr(importlib.import_module(module), name)() is not None
    assert lure_type(row.name) is row


def test_attack_has_a_place_for_its_target() -> None:
    for row in LURES:
        assert str(12345) in row.attack.format(address="192.0.2.1", host="192.0.2.1", port=12345)


def test_lure_that_is_none_is_refused() -> None:
    with pytest.raises(NotFoundError):
        lure_type("gopher")
