# SPDX-License-Identifier: MIT
"""Commands that make, copy, move and remove files."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("mkdir -p a/b/c; ls a/b", 0, "c\n"),
    ("mkdir a; mkdir a", 1, "mkdir: cannot create directory \u2018a\u2019: File exists\n"),
    ("mkdir x/y", 1, "mkdir: cannot create directory \u2018x/y\u2019: No such file or directory\n"),
    ("touch f; rmdir f", 1, "rmdir: failed to remove 'f': Not a directory\n"),
    ("mkdir -p d/e; rmdir d", 1, "rmdir: failed to remove 'd': Directory not empty\n"),
    ("touch f; rm f; ls", 0, ""),
    ("rm nothing", 1, "rm: cannot remove 'nothing': No such file or directory\n"),
    ("rm -f nothing", 0, ""),
    ("mkdir d; rm d", 1, "rm: cannot remove 'd': Is a directory\n"),
    ("mkdir -p d/e; rm -r d; ls", 0, ""),
    ("echo 1 > a; cp a b; cat b", 0, "1\n"),
    ("mkdir s; echo 1 > s/f; cp -r s t; cat t/f", 0, "1\n"),
    ("mkdir s; cp s t", 1, "cp: -r not specified; omitting directory 's'\n"),
    ("cp nothing b", 1, "cp: cannot stat 'nothing': No such file or directory\n"),
    ("echo 1 > a; mkdir d; cp a d; mv a d/b; ls d", 0, "a\nb\n"),
    ("mv nothing b", 1, "mv: cannot stat 'nothing': No such file or directory\n"),
    ("ln -s target l; readlink l", 0, "target\n"),
    ("echo 1 > a; ln a b; echo 2 > a; cat b", 0, "2\n"),
    ("touch -d '2020-01-02 03:04:05' f; stat -c %y f | cut -c1-19", 0, "2020-01-02 03:04:05\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_files_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
