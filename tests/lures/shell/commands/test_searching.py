# SPDX-License-Identifier: MIT
"""Commands that look for text."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("printf 'foo\\nbar\\n' | grep o", 0, "foo\n"),
    ("printf 'foo\\nbar\\n' | grep -v o", 0, "bar\n"),
    ("printf 'foo\\nbar\\n' | grep -c o", 0, "1\n"),
    ("printf 'foo\\nbar\\n' | grep -n bar", 0, "2:bar\n"),
    ("printf 'Foo\\n' | grep -i foo", 0, "Foo\n"),
    ("printf 'a.b\\naxb\\n' | grep -F a.b", 0, "a.b\n"),
    ("printf 'a1b22\\n' | grep -oE '[0-9]+'", 0, "1\n22\n"),
    ("printf 'foo\\n' | grep -q x; echo $?", 0, "1\n"),
    ("printf 'a\\nb\\nc\\nd\\n' | grep -A1 b", 0, "b\nc\n"),
    ("printf 'a\\nb\\nc\\nd\\n' | grep -B1 c", 0, "b\nc\n"),
    ("mkdir d; echo key > d/f; grep -r key d", 0, "d/f:key\n"),
    ("echo x > a; echo x > b; grep x a b", 0, "a:x\nb:x\n"),
    ("echo x > a; grep -l x a", 0, "a\n"),
    ("grep x nothing", 2, "grep: nothing: No such file or directory\n"),
    ("printf 'foo bar\\n' | grep -w foo", 0, "foo bar\n"),
    ("printf 'ab\\n' | grep -E 'a|c'", 0, "ab\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_searching_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
