# SPDX-License-Identifier: MIT
"""``find``."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("mkdir -p d/e; touch d/f; find d | sort", 0, "d\nd/e\nd/f\n"),
    ("mkdir -p d/e; touch d/f; find d -type f", 0, "d/f\n"),
    ("mkdir -p d/e; touch d/f; find d -name 'f*' -o -name e | sort", 0, "d/e\nd/f\n"),
    ("mkdir -p d/e/g; find d -maxdepth 1 | sort", 0, "d\nd/e\n"),
    ("touch a.txt b.sh; find . -name '*.sh' -exec echo found {} \\;", 0, "found ./b.sh\n"),
    ("touch a b; find . -type f -print0 | tr '\\0' '\\n' | sort", 0, "./a\n./b\n"),
    ("touch a; chmod 4755 a; find . -perm -4000", 0, "./a\n"),
    ("touch a; find . -name a -delete; ls", 0, ""),
    ("find nothing", 1, "find: \u2018nothing\u2019: No such file or directory\n"),
    ("touch a; find . ! -name a", 0, ".\n"),
    ("printf 123456 > f; find . -type f -size -1k; find . -type f -size 6c", 0, "./f\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_find_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
