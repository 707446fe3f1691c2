# SPDX-License-Identifier: MIT
"""Built-ins about variables and options."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("export A=1; sh -c 'echo $A'", 0, "1\n"),
    ("A=1; export A; env | grep ^A=", 0, "A=1\n"),
    ("export -n A; declare -x B=2; sh -c 'echo $B'", 0, "2\n"),
    ("declare -i n=2+3; echo $n", 0, "5\n"),
    ("f() { local v=1; v=2; }; v=0; f; echo $v", 0, "0\n"),
    ("local v=1", 1, "bash: line 1: local: can only be used in a function\n"),
    ("unset x; echo ${x-unset}", 0, "unset\n"),
    ("set -- a b c; shift; echo $*", 0, "b c\n"),
    ("set -- a; shift 2; echo $?", 0, "1\n"),
    ("set -e; false; echo no", 1, ""),
    ("set -x; echo a", 0, "a\n+ echo a\n"),
    ("export 1a=2", 1, "bash: line 1: export: `1a=2': not a valid identifier\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_variables_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
