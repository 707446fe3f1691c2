# SPDX-License-Identifier: MIT
"""Commands about memory and disks."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("free | head -1", 0, "               total        used        free      shared  buff/cache   available\n"),
    ("free -m | tail -1 | cut -c1-5", 0, "Swap:\n"),
    ("df / | tail -1 | cut -d' ' -f1", 0, "/dev/sda1\n"),
    ("df -h | head -1", 0, "Filesystem      Size  Used Avail Use% Mounted on\n"),
    ("mount | head -1", 0, "sysfs on /sys type sysfs (rw,nosuid,nodev,noexec,relatime)\n"),
    ("mount | grep -c ' / '", 0, "1\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_usage_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
