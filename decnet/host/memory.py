# SPDX-License-Identifier: MIT
"""Give memory that was needed for a while back to the system."""

import ctypes
import gc
from typing import Final

LARGE_BYTES: Final = 1 << 20
_M_MMAP_THRESHOLD: Final = -3


def give_back() -> None:
    """
    Free what nobody needs any more: garbage, the interpreter's lists of spare objects, whole pages of the C heap.

    Without this a process keeps most of what its busiest moment took. Takes about a millisecond where ``gc.freeze`` was
    called after the start. A C library without ``malloc_trim`` (musl) needs none.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def return_large_blocks() -> None:
    """
    Have every block of ``LARGE_BYTES`` and more go back to the system at the moment in which it is freed.

    The C library does so with the first one alone: it takes that as a sign that more of this size follow, and keeps them from
    then on (mallopt(3), ``M_MMAP_THRESHOLD``). One without ``mallopt`` (musl) does not.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(_M_MMAP_THRESHOLD, LARGE_BYTES)
