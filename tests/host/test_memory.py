# SPDX-License-Identifier: MIT
"""Memory that was needed once goes back to the system."""

import subprocess
import sys

TRIMMED = """
from pathlib import Path
from decnet.host.memory import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

# pieces below the size that malloc maps by itself, and one at the end that keeps the heap from shrinking
pieces = [bytes(32 * 1024) for _ in range(1000)]
end = bytes(32 * 1024)
pieces.clear()
before = resident()
give_back()
print(before - resident())
"""

HASHED = """
from pathlib import Path
from decnet.domain import passwords
from decnet.host.memory import return_large_blocks

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

return_large_blocks()
passwords.hashed("the first one")
before = resident()
for _ in range(3):
    passwords.hashed("one more")
print(resident() - before)
"""


def printed(script: str) -> int:
    """Return the number that a process of its own prints."""
    return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)


def test_freed_pages_in_the_middle_of_the_heap_go_back() -> None:
    assert printed(TRIMMED) > 16 * 1024 * 1024


def test_memory_of_a_password_goes_back_each_time() -> None:
    """Each of them needs 19 MiB for a moment."""
    assert printed(HASHED) < 4 * 1024 * 1024
