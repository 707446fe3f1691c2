# SPDX-License-Identifier: MIT
"""Commands about columns and characters of lines."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("echo a:b:c | cut -d: -f2", 0, "b\n"),
    ("echo a:b:c | cut -d: -f2-", 0, "b:c\n"),
    ("echo abcdef | cut -c2-4", 0, "bcd\n"),
    ("echo a-b | cut -d: -f1", 0, "a-b\n"),
    ("echo a-b | cut -s -d: -f1", 0, ""),
    ("echo hello | tr a-y b-z", 0, "ifmmp\n"),
    ("echo hello | tr -d l", 0, "heo\n"),
    ("echo aabbcc | tr -s a-c", 0, "abc\n"),
    ("echo hello | tr -c 'a-z\\n' _", 0, "hello\n"),
    ("echo Hello | tr '[:lower:]' '[:upper:]'", 0, "HELLO\n"),
    ("echo abc | rev", 0, "cba\n"),
    ("printf '1\\n2\\n3\\n' | paste -s -d,", 0, "1,2,3\n"),
    ("printf '1\\n2\\n' > a; printf 'x\\ny\\n' > b; paste a b", 0, "1\tx\n2\ty\n"),
    ("echo abcdefgh | fold -w 3", 0, "abc\ndef\ngh\n"),
    ("cut -f1 nothing", 1, "cut: nothing: No such file or directory\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_fields_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
