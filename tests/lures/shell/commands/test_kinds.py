# SPDX-License-Identifier: MIT
"""Built-ins that tell what a name stands for."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("type cd", 0, "cd is a shell builtin\n"),
    ("type -t cd ls if nothing", 1, "builtin\nfile\nkeyword\n"),
    ("f() { :; }; type -t f", 0, "function\n"),
    ("command -v cd", 0, "cd\n"),
    ("command -v nothing; echo $?", 0, "1\n"),
    ("type nothing", 1, "bash: line 1: type: nothing: not found\n"),
    ("command echo a", 0, "a\n"),
    ("builtin echo b", 0, "b\n"),
    ("shopt -s expand_aliases; alias x='echo y'; alias x", 0, "alias x='echo y'\n"),
    ("unalias nothing", 1, "bash: line 1: unalias: nothing: not found\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_kinds_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
