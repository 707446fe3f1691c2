# SPDX-License-Identifier: MIT
"""What a process does to itself before it touches anything that an attacker wrote."""

import ctypes
import os

from decnet.errors import HostError

_PR_SET_DUMPABLE = 4
_PR_GET_DUMPABLE = 3


def forbid_tracing() -> None:
    """
    Set ``PR_SET_DUMPABLE`` to 0 (prctl(2)), so that no process of the same account can read or write our memory.

    Without it a taken-over service writes another one's memory through /proc/PID/mem. Raises ``HostError`` where the
    kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise HostError(f"the kernel refused PR_SET_DUMPABLE: {os.strerror(ctypes.get_errno())}")


def is_traceable() -> bool:
    """Say whether another process of the same account could read our memory."""
    return bool(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0))
