# SPDX-License-Identifier: MIT
"""The language of ``sed``."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("printf '1\\n2\\n3\\n4\\n' | sed -n '2~2p'", 0, "2\n4\n"),
    ("printf '1\\n2\\n3\\n' | sed '2!d'", 0, "2\n"),
    ("printf 'a\\nb\\n' | sed '/a/{s/a/x/;p}'", 0, "x\nx\nb\n"),
    ("printf 'a\\n' | sed ':s;s/^.\\{0,3\\}$/x&/;ts'", 0, "xxxa\n"),
    ("printf 'a/b\\n' | sed '\\#a/b#d'", 0, ""),
    ("echo a | sed 's/a/b/;; s/b/c/'", 0, "c\n"),
    ("echo a | sed 's/a/&&/'", 0, "aa\n"),
    ("echo 'a.b' | sed 's/\\./-/'", 0, "a-b\n"),
    ("echo x | sed ''", 0, "x\n"),
    ("echo a | sed 's/a/b'", 1, "sed: -e expression #1, char 5: unterminated `s' command\n"),
    ("echo a | sed k", 1, "sed: -e expression #1, char 1: unknown command: `k'\n"),
    ("echo a | sed '}'", 1, "sed: -e expression #1, char 1: unexpected `}'\n"),
    ("echo a | sed '1,d'", 1, "sed: -e expression #1, char 3: unexpected `,'\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_sed_script_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
