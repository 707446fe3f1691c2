# SPDX-License-Identifier: MIT
"""Recordings are hostile: what is none is damage, what is too large is bounded."""

import io

import pytest

from decnet.errors import DamagedError
from decnet.store import recordings
from decnet.store.recordings import Head


def test_head_is_bounded_and_says_nothing_else() -> None:
    told = io.BytesIO(b'{"version":2,"width":100000,"height":-1,"env":{"SHELL":"x"},"title":"evil"}\n')
    assert recordings.head(told) == Head(width=1000, height=1)
    with pytest.raises(DamagedError):
        recordings.head(io.BytesIO(b"nothing of this kind\n"))


def test_outputs_are_told_and_a_torn_end_is_left_out() -> None:
    lines = io.BytesIO(b'[0.5,"o","out"]\n[0.6,"i","in"]\n[0.7,"o","more"]\n[0.8,"o","to')
    assert list(recordings.outputs(lines)) == [(0.5, "out"), (0.7, "more")]
    with pytest.raises(DamagedError):
        list(recordings.outputs(io.BytesIO(b'{"no": "row"}\n')))
