# SPDX-License-Identifier: MIT
"""A service cannot be written to by another process of its account."""

import sys

from tests.support.clients import run

SCRIPT = """
import os
from decnet.runtime.isolation import forbid_tracing, is_traceable
assert is_traceable()
assert os.stat("/proc/self/mem").st_uid == os.getuid()
forbid_tracing()
assert not is_traceable()
if os.getuid():
    try:
        open("/proc/self/mem", "rb")
    except PermissionError:
        pass
    else:
        raise SystemExit("its own memory is still open to its account")
print("done")
"""


async def test_process_closes_its_memory_to_its_own_account() -> None:
    """A child does it, so that the tests stay traceable; as root it becomes nobody first."""
    finished = await run(sys.executable, "-c", _AS_NOBODY + SCRIPT)
    assert (finished.stdout, finished.stderr) == (b"done\n", b"")


_AS_NOBODY = """
import ctypes, os, sys
sys.path.insert(0, os.getcwd())
import decnet.runtime.isolation
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
"""
