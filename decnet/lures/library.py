# SPDX-License-Identifier: MIT
"""
Finds shared libraries without a program's help.

``ctypes.util.find_library`` runs ldconfig, the compiler and the linker, and packages call it when they are imported. The
process that faces attackers may execute nothing.
"""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager

_KNOWN = {"nettle": ("libnettle.so.8", "libnettle.so.7", "libnettle.so.6")}
"""The versions whose functions asyncssh calls as they are; every other library counts as missing."""


def find_library(name: str) -> str | None:
    """Return the first known file of a library that can be loaded here; none where there is none."""
    return next((file for file in _KNOWN.get(name, ()) if _is_there(file)), None)


def _is_there(file: str) -> bool:
    """Say whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


@contextmanager
def executing_nothing() -> Iterator[None]:
    """Let packages that are imported in this block find libraries without starting programs."""
    original = ctypes.util.find_library
    ctypes.util.find_library = find_library
    try:
        yield
    finally:
        ctypes.util.find_library = original
