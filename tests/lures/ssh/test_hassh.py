# SPDX-License-Identifier: MIT
"""HASSH is computed over the client's lists as they were sent."""

import hashlib

import pytest
from asyncssh.packet import NameList
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.ssh.hassh import parse_offer

LISTS = [b"kex", b"key", b"enc-cs", b"enc-sc", b"mac-cs", b"mac-sc", b"none", b"zlib", b"", b""]
PAYLOAD = bytes(16) + b"".join(NameList([item]) for item in LISTS) + bytes(5)


def test_hassh_takes_the_direction_from_the_client() -> None:
    assert parse_offer(PAYLOAD).hassh == hashlib.md5(b"kex;enc-cs;mac-cs;none", usedforsecurity=False).hexdigest()


@given(st.binary(max_size=200))
def test_anything_else_is_a_value_error(payload: bytes) -> None:
    try:
        parse_offer(payload)
    except ValueError:
        return
    assert len(payload) >= 56


@pytest.mark.parametrize("length", [0, 15, 16, 20, len(PAYLOAD) - 6])
def test_cut_message_is_a_value_error(length: int) -> None:
    with pytest.raises(ValueError, match="cut short"):
        parse_offer(PAYLOAD[:length])
