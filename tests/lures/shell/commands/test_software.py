# SPDX-License-Identifier: MIT
"""Commands about software."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("dpkg --print-architecture", 0, "amd64\n"),
    ("dpkg -l bash | tail -1 | cut -c1-12", 0, "ii  bash    \n"),
    ("dpkg -l nothing", 1, "dpkg-query: no packages found matching nothing\n"),
    (
        "apt-get install nothing",
        100,
        (
            "Reading package lists... Done\n"
            "Building dependency tree... Done\n"
            "Reading state information... Done\n"
            "E: Unable to locate package nothing\n"
        ),
    ),
    ("apt install -y bash | tail -1", 0, "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"),
    ("python3 --version", 0, "Python 3.9.2\n"),
    (
        "perl -v | sed -n 2p",
        0,
        ("This is perl 5, version 32, subversion 1 (v5.32.1) built for x86_64-linux-gnu-thread-multi\n"),
    ),
    ("mysql", 1, "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)\n"),
    ("crontab -l", 0, ("# m h  dom mon dow   command\n30 2 * * * /root/backup.sh >/var/log/backup.log 2>&1\n")),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_software_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
