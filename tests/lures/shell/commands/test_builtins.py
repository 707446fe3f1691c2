# SPDX-License-Identifier: MIT
"""Built-ins of the shell."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("cd /etc; pwd", 0, "/etc\n"),
    ("cd nothing", 1, "bash: line 1: cd: nothing: No such file or directory\n"),
    ("mkdir d; cd d; cd ..; cd - > /dev/null; basename $PWD", 0, "d\n"),
    (": ; echo $?", 0, "0\n"),
    ("false; echo $?", 0, "1\n"),
    ("eval 'echo a; echo b'", 0, "a\nb\n"),
    ("echo 'v=7' > s; . ./s; echo $v", 0, "7\n"),
    ("source nothing", 1, "bash: line 1: nothing: No such file or directory\n"),
    ("exec echo replaced; echo not", 0, "replaced\n"),
    ("(exit 3); echo $?", 0, "3\n"),
    ("exit abc", 2, "bash: line 1: exit: abc: numeric argument required\n"),
    ("f() { return 5; }; f; echo $?", 0, "5\n"),
    ("for i in 1 2 3; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done", 0, "11\n21\n31\n"),
    ("while :; do break; done; echo out", 0, "out\n"),
    ("[ 1 -lt 2 ] && echo less; test -d / && echo folder", 0, "less\nfolder\n"),
    ("[ a = b; echo $?", 0, "2\nbash: line 1: [: missing `]'\n"),
    ("let x=2*3; echo $x", 0, "6\n"),
    ("umask; umask 077; touch f; stat -c %a f", 0, "0022\n600\n"),
    ("trap 'echo end' EXIT; echo begin", 0, "begin\nend\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_builtins_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
