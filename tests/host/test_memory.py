# SPDX-License-Identifier: MIT
"""Memory that was needed once goes back to the system."""

import subprocess
import sys

SCRIPT = """
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


def test_freed_pages_in_the_middle_of_the_heap_go_back() -> None:
    found = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert int(found.stdout) > 16 * 1024 * 1024
