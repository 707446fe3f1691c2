# SPDX-License-Identifier: MIT
"""Commands that describe files."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("printf 123 > f; stat -c '%n %s %F %h' f", 0, "f 3 regular file 1\n"),
    ("mkdir d; stat -c '%F %a' d", 0, "directory 755\n"),
    ("stat nothing", 1, "stat: cannot statx 'nothing': No such file or directory\n"),
    ("stat -c %s nothing", 1, "stat: cannot statx 'nothing': No such file or directory\n"),
    ("printf 123 > f; du -b f", 0, "3\tf\n"),
    ("du nothing", 1, "du: cannot access 'nothing': No such file or directory\n"),
    ("echo '#!/bin/sh' > f; file f", 0, "f: POSIX shell script, ASCII text executable\n"),
    ("echo text > f; file f", 0, "f: ASCII text\n"),
    ("file /etc nothing", 0, ("/etc: directory\nnothing: cannot open `nothing' (No such file or directory)\n")),
    ("mkdir d; file d; touch e; file e", 0, "d: directory\ne: empty\n"),
    ("file /bin/ls | cut -c1-60", 0, "/bin/ls: ELF 64-bit LSB pie executable, x86-64, version 1 (S\n"),
    ("printf '\\x1f\\x8b' > z; file z", 0, "z: gzip compressed data, from Unix\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_status_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
