# SPDX-License-Identifier: MIT
"""How much room is left."""

import errno
import os
from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The error numbers that say that a disk, a quota or a limit is exhausted."""


def free_bytes(place: Path | int) -> int:
    """Return the bytes that an ordinary user may still write where ``place`` (a path or a descriptor) lies (statvfs(3))."""
    state = os.statvfs(place)
    return state.f_bavail * state.f_frsize


def write_whole(file: int, data: bytes) -> None:
    """Write all of ``data``; raise ``OSError`` where the disk took less of it."""
    if os.write(file, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
