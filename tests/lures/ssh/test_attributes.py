# SPDX-License-Identifier: MIT
"""Attributes are read and written as version 3 of the protocol has them."""

import pytest
from asyncssh.packet import PacketDecodeError, SSHPacket, UInt32, UInt64

from decnet.lures.shell.filesystem import Status
from decnet.lures.ssh.attributes import Attributes, decode_attributes, encode_attributes, long_name


def status(modified: float) -> Status:
    return Status(mode=0o100640, uid=0, gid=42, size=1234, modified=modified, accessed=9, links=1, inode=1, device=(0, 0))


def test_what_is_encoded_is_decoded() -> None:
    decoded = decode_attributes(SSHPacket(encode_attributes(status(77))))
    assert decoded == Attributes(size=1234, owner=(0, 42), mode=0o100640, accessed=9, modified=77)


def test_nothing_given_is_none() -> None:
    assert decode_attributes(SSHPacket(UInt32(0))) == Attributes()


def test_cut_attributes_are_an_error_and_extensions_are_bounded() -> None:
    with pytest.raises(PacketDecodeError):
        decode_attributes(SSHPacket(UInt32(1) + UInt64(1)[:7]))
    with pytest.raises(PacketDecodeError):
        decode_attributes(SSHPacket(UInt32(0x80000000) + UInt32(0xFFFFFFFF)))


def test_long_name_is_a_line_of_ls() -> None:
    old = long_name(b"x\xff", status(86400), 365 * 86400)
    assert old == b"-rw-r-----    1 0        42           1234 Jan  2  1970 x\xff"
    assert long_name(b"x", status(86400), 86460) == b"-rw-r-----    1 0        42           1234 Jan  2 00:00 x"
    assert b" 1970 " in long_name(b"x", status(86400), 86399), "a time to come has its year"
