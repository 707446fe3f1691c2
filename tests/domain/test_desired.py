# SPDX-License-Identifier: MIT
"""The desired state survives its way through the store, and nothing else is taken for one."""

import pytest

from decnet.domain.desired import DesiredState, decode, encode
from decnet.errors import DamagedError
from tests.support.fleets import desired, state


def test_state_comes_back_as_it_was_written() -> None:
    assert decode(encode(state(desired("a"), desired("b")))) == state(desired("a"), desired("b"))


def test_nothing_written_is_the_empty_state() -> None:
    assert decode(b"") == DesiredState()


@pytest.mark.parametrize("document", [b"{", b"[]", b'{"decoys": [{}]}', b'{"decoys": [], "format": 2}', b"\xff"])
def test_anything_else_is_refused(document: bytes) -> None:
    with pytest.raises(DamagedError):
        decode(document)


def test_without_leaves_out_the_named_decoys() -> None:
    assert state(desired("a"), desired("b")).without(frozenset({"a"})) == state(desired("b"))
