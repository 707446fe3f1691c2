# SPDX-License-Identifier: MIT
"""One holder at a time: a lock on a file that the kernel gives back when its holder dies, whatever it died of."""

import fcntl
import os
import struct
from pathlib import Path

from decnet.errors import InUseError

_FLOCK = struct.Struct("hhqqi4x")


def hold(path: Path, what: str) -> int:
    """Return the descriptor that holds the lock until it is closed; raise ``InUseError`` where another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        owner = holder(path)
        raise InUseError(f"{what} is already running: process {owner}", remedy=f"stop process {owner} first") from error
    return descriptor


def holder(path: Path) -> int:
    """Return the process that holds the lock; 0 where nobody does. Asks, never takes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return 0
    try:
        question = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, question))
    finally:
        os.close(descriptor)
    return 0 if kind == fcntl.F_UNLCK else pid
