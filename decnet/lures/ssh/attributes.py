# SPDX-License-Identifier: MIT
"""File attributes of sftp version 3 (draft-ietf-secsh-filexfer-02, section 5) and the line of ls that goes with a name."""

import stat
import time
from dataclasses import dataclass

from asyncssh.packet import SSHPacket, UInt32, UInt64

from decnet.lures.shell.filesystem import Status

_SIZE, _OWNER, _MODE, _TIMES, _EXTENDED = 1, 2, 4, 8, 0x80000000
_HALF_YEAR = 365 * 24 * 3600 // 2
_EXTENSIONS = 64


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a client gave; ``None`` what it did not."""

    size: int | None = None
    owner: tuple[int, int] | None = None
    mode: int | None = None
    accessed: int | None = None
    modified: int | None = None


def decode_attributes(packet: SSHPacket) -> Attributes:
    """Take attributes from a packet; raise asyncssh's PacketDecodeError where it is cut short."""
    flags = packet.get_uint32()
    size = packet.get_uint64() if flags & _SIZE else None
    owner = (packet.get_uint32(), packet.get_uint32()) if flags & _OWNER else None
    mode = packet.get_uint32() if flags & _MODE else None
    accessed, modified = (packet.get_uint32(), packet.get_uint32()) if flags & _TIMES else (None, None)
    for _ in range(min(packet.get_uint32(), _EXTENSIONS) if flags & _EXTENDED else 0):
        packet.get_string()
        packet.get_string()
    return Attributes(size=size, owner=owner, mode=mode, accessed=accessed, modified=modified)


def encode_attributes(status: Status | None) -> bytes:
    """Return the attributes for a packet; none of them for ``None``."""
    if status is None:
        return UInt32(0)
    times = UInt32(int(status.accessed) & 0xFFFFFFFF) + UInt32(int(status.modified) & 0xFFFFFFFF)
    owner = UInt32(status.uid) + UInt32(status.gid)
    return UInt32(_SIZE | _OWNER | _MODE | _TIMES) + UInt64(status.size) + owner + UInt32(status.mode) + times


def long_name(name: bytes, status: Status, now: float) -> bytes:
    """Return the line that ls -ln would print for a file at the time ``now``."""
    age = now - status.modified
    form = "%b %e %H:%M" if 0 <= age < _HALF_YEAR else "%b %e  %Y"
    when = time.strftime(form, time.gmtime(status.modified))
    mode = stat.filemode(status.mode)
    return f"{mode}  {status.links:3} {status.uid:<8} {status.gid:<8} {status.size:8} {when} ".encode() + name
