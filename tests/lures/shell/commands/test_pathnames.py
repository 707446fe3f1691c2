# SPDX-License-Identifier: MIT
"""Commands about names of files."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("mkdir d; realpath d/../d | tail -c 3", 0, "/d\n"),
    ("ln -s /etc l; readlink l; readlink -f l", 0, "/etc\n/etc\n"),
    ("readlink nothing; echo $?", 0, "1\n"),
    ("basename /a/b/c.txt; basename c.txt .txt; basename /", 0, "c.txt\nc\n/\n"),
    ("basename -a a/b c/d", 0, "b\nd\n"),
    ("dirname /a/b/c a b/c /", 0, "/a/b\n.\nb\n/\n"),
    ("realpath /nothing/there", 1, "realpath: /nothing/there: No such file or directory\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_pathnames_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
