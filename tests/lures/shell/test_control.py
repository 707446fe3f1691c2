# SPDX-License-Identifier: MIT
"""How compound commands run."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("if false; then echo 1; elif true; then echo 2; else echo 3; fi", "2\n"),
    ("if false; then echo 1; fi; echo $?", "0\n"),
    ("for i in a b; do echo $i; done", "a\nb\n"),
    ("for i in; do echo $i; done; echo $?", "0\n"),
    ("for ((i=2;i;i--)); do echo $i; done", "2\n1\n"),
    ("i=0; while ((i<2)); do ((i++)); echo $i; done", "1\n2\n"),
    ("until true; do echo no; done", ""),
    ("for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done", "1\n3\n"),
    ("for i in 1 2; do for j in 1 2; do break 2; done; echo no; done; echo out", "out\n"),
    ("case abc in a?c) echo yes;; *) echo no;; esac", "yes\n"),
    ("case a in a) echo 1;& b) echo 2;; c) echo 3;; esac", "1\n2\n"),
    ("case a in a) echo 1;;& ?) echo 2;; esac", "1\n2\n"),
    ("x=1; (x=2; exit 3); echo $? $x", "3 1\n"),
    ("x=1; { x=2; }; echo $x", "2\n"),
    ("((0)); echo $?; [[ a == b ]]; echo $?", "1\n1\n"),
    ("while read x; do echo $x; done < /dev/null; echo $?", "0\n"),
]


@pytest.mark.parametrize(("line", "output"), TABLE)
async def test_compound_command_runs_as_in_bash(line: str, output: str) -> None:
    assert await said(line) == (0, output)
