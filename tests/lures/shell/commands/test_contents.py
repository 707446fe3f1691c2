# SPDX-License-Identifier: MIT
"""Commands that write bytes into files."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("echo hello | dd bs=1 count=3 2>/dev/null", 0, "hel"),
    ("dd if=/dev/zero of=z bs=10 count=3 2>/dev/null; wc -c < z", 0, "30\n"),
    ("printf abcdef > f; dd if=f bs=1 skip=2 count=2 2>/dev/null", 0, "cd"),
    ("printf abcdef > f; printf XY | dd of=f bs=1 seek=1 conv=notrunc 2>/dev/null; cat f", 0, "aXYdef"),
    ("echo abc | dd of=o 2>&1 | head -2", 0, "0+1 records in\n0+1 records out\n"),
    ("truncate -s 5 t; wc -c < t", 0, "5\n"),
    ("printf abcdef > t; truncate -s 3 t; cat t", 0, "abc"),
    ("echo x > s; shred -u s; ls", 0, ""),
    ("mktemp -d /tmp/aXXXXXX | wc -c", 0, "13\n"),
    ("t=$(mktemp); stat -c '%a %s' $t", 0, "600 0\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_contents_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
