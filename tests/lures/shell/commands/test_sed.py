# SPDX-License-Identifier: MIT
"""``sed``."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("echo hello | sed 's/l/L/'", 0, "heLlo\n"),
    ("echo hello | sed 's/l/L/g'", 0, "heLLo\n"),
    ("echo hello | sed 's/l/L/2'", 0, "helLo\n"),
    ("printf 'a\\nb\\nc\\n' | sed -n '2p'", 0, "b\n"),
    ("printf 'a\\nb\\nc\\n' | sed '2d'", 0, "a\nc\n"),
    ("printf 'a\\nb\\nc\\n' | sed '/b/,$d'", 0, "a\n"),
    ("printf 'a\\nb\\n' | sed '1i\\x' ", 0, "x\na\nb\n"),
    ("printf 'a\\nb\\n' | sed '$a\\end'", 0, "a\nb\nend\n"),
    ("printf 'a\\nb\\n' | sed 'y/ab/xy/'", 0, "x\ny\n"),
    ("printf 'a\\nb\\nc\\n' | sed 'N;s/\\n/-/'", 0, "a-b\nc\n"),
    ("printf 'a\\nb\\nc\\n' | sed -n '$='", 0, "3\n"),
    ("echo a > f; sed -i 's/a/b/' f; cat f", 0, "b\n"),
    ("echo x | sed -e 's/x/y/' -e 's/y/z/'", 0, "z\n"),
    ("printf '1\\n2\\n3\\n' | sed 2q", 0, "1\n2\n"),
    ("printf '1\\n2\\n3\\n' | sed '2c\\two'", 0, "1\ntwo\n3\n"),
    ("echo 'path' | sed 's|a|/|'", 0, "p/th\n"),
    ("echo ab | sed -E 's/(a)(b)/\\2\\1/'", 0, "ba\n"),
    ("echo Hello | sed 's/hello/x/I'", 0, "x\n"),
    ("printf 'a\\nb\\n' | sed 'G'", 0, "a\n\nb\n\n"),
    ("printf 'a\\nb\\n' | sed '1!G;h;$!d'", 0, "b\na\n"),
    ("sed p nothing", 2, "sed: can't read nothing: No such file or directory\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_sed_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
