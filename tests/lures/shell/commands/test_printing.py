# SPDX-License-Identifier: MIT
"""Commands that print, and those that read."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("echo -n a; echo -e 'b\\tc'; echo -E 'd\\n'", 0, "ab\tc\nd\\n\n"),
    ("printf '%s %d %x %o\\n' a 10 255 8", 0, "a 10 ff 10\n"),
    ("printf '%5s|%-5s|%05d\\n' a b 7", 0, "    a|b    |00007\n"),
    ("printf '%b\\n' 'a\\tb'", 0, "a\tb\n"),
    ("printf '%d\\n' abc", 1, "0\nbash: line 1: printf: abc: invalid number\n"),
    ("printf -v v '%s' x; echo $v", 0, "x\n"),
    ("read a b <<< '1 2 3'; echo \"$a/$b\"", 0, "1/2 3\n"),
    ("IFS=, read a b <<< '1,2'; echo \"$a/$b\"", 0, "1/2\n"),
    ("printf '1\\n2\\n' | { mapfile -t l; echo ${#l[@]} ${l[1]}; }", 0, "2 2\n"),
    ("read -r x <<< 'a\\b'; echo \"$x\"", 0, "a\\b\n"),
    ("yes | head -2", 0, "y\ny\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_printing_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
