# SPDX-License-Identifier: MIT
"""Commands about the system and who is on it."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("uname", 0, "Linux\n"),
    ("uname -a", 0, "Linux files01 5.10.0-28-amd64 #1 SMP Debian 5.10.209-2 (2024-01-31) x86_64 GNU/Linux\n"),
    ("uname -srm", 0, "Linux 5.10.0-28-amd64 x86_64\n"),
    ("id", 0, "uid=0(root) gid=0(root) groups=0(root)\n"),
    ("id -un", 0, "root\n"),
    ("id nosuch", 1, "id: \u2018nosuch\u2019: no such user\n"),
    ("whoami", 0, "root\n"),
    ("groups root", 0, "root : root\n"),
    ("hostname", 0, "files01\n"),
    ("hostname -f", 0, "files01.corp.example\n"),
    ("users", 0, ""),
    ("getconf LONG_BIT", 0, "64\n"),
    ("systemd-detect-virt", 1, "none\n"),
    ("sysctl kernel.hostname", 0, "kernel.hostname = files01\n"),
    ("sysctl no.such", 255, "sysctl: cannot stat /proc/sys/no/such: No such file or directory\n"),
    ("timedatectl | tail -1", 0, "                Time zone: Etc/UTC (UTC, +0000)\n"),
    ("locale | head -1", 0, "LANG=en_US.UTF-8\n"),
    ("arch", 0, "x86_64\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_system_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
