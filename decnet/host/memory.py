# SPDX-License-Identifier: MIT
"""Give memory that was needed for a while back to the system."""

import ctypes
import gc


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
