# SPDX-License-Identifier: MIT
"""Commands that show text."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("printf 'a\\nb\\n' | cat -n", 0, "     1\ta\n     2\tb\n"),
    ("printf 'a\\tb\\n' | cat -A", 0, "a^Ib$\n"),
    ("cat nothing", 1, "cat: nothing: No such file or directory\n"),
    ("cat /etc", 1, "cat: /etc: Is a directory\n"),
    ("printf '1\\n2\\n3\\n' | tac", 0, "3\n2\n1\n"),
    ("seq 20 | head", 0, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"),
    ("seq 20 | head -n 2", 0, "1\n2\n"),
    ("seq 20 | tail -n 2", 0, "19\n20\n"),
    ("seq 5 | tail -n +4", 0, "4\n5\n"),
    ("printf abcdef | head -c 3; printf abcdef | tail -c 2", 0, "abcef"),
    ("echo 1 > a; echo 2 > b; head -n1 a b", 0, "==> a <==\n1\n\n==> b <==\n2\n"),
    ("printf 'a b\\nc\\n' | wc", 0, "      2       3       6\n"),
    ("printf 'a b\\nc\\n' > f; wc -l f; wc -c < f", 0, "2 f\n6\n"),
    ("wc nothing", 1, "wc: nothing: No such file or directory\n"),
    ("echo x | tee a b; cat a b", 0, "x\nx\nx\n"),
    ("printf 'a\\n\\nb\\n' | nl", 0, "     1\ta\n       \n     2\tb\n"),
    ("echo text | more", 0, "text\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_text_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
