# SPDX-License-Identifier: MIT
"""The list of functions."""

from decnet.lures.postgresql.functions.registry import BARE, COLLECTIONS, FUNCTIONS, LAZY, TYPES


def test_every_function_is_declared_once_and_has_a_type() -> None:
    assert len(FUNCTIONS) == sum(len(collection.functions) for collection in COLLECTIONS)
    assert FUNCTIONS.keys() == TYPES.keys()
    assert FUNCTIONS.keys() >= BARE
    assert FUNCTIONS.keys() >= LAZY
