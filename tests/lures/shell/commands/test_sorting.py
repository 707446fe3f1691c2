# SPDX-License-Identifier: MIT
"""Commands that order and compare lines."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("printf 'b\\na\\nc\\n' | sort", 0, "a\nb\nc\n"),
    ("printf '10\\n9\\n' | sort -n", 0, "9\n10\n"),
    ("printf 'b 1\\na 2\\n' | sort -k2", 0, "b 1\na 2\n"),
    ("printf 'a:3\\nb:1\\n' | sort -t: -k2 -n", 0, "b:1\na:3\n"),
    ("printf 'a\\nb\\na\\n' | sort -u", 0, "a\nb\n"),
    ("printf '1\\n3\\n2\\n' | sort -r", 0, "3\n2\n1\n"),
    ("printf '1K\\n2M\\n3\\n' | sort -h", 0, "3\n1K\n2M\n"),
    ("printf 'a\\na\\nb\\n' | uniq", 0, "a\nb\n"),
    ("printf 'a\\na\\nb\\n' | uniq -c", 0, "      2 a\n      1 b\n"),
    ("printf 'a\\na\\nb\\n' | uniq -d", 0, "a\n"),
    ("printf 'a\\na\\nb\\n' | uniq -u", 0, "b\n"),
    ("printf 'a\\nb\\n' > x; printf 'b\\nc\\n' > y; comm x y", 0, "a\n\t\tb\n\tc\n"),
    ("printf 'a\\nb\\n' > x; printf 'b\\nc\\n' > y; comm -12 x y", 0, "b\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_sorting_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
