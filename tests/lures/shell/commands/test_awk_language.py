# SPDX-License-Identifier: MIT
"""The language of ``awk``."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ('awk \'BEGIN { if (1) print "a"; else print "b" }\'', 0, "a\n"),
    ("awk 'BEGIN { # comment", 2, "bash: -c: line 1: unexpected EOF while looking for matching `''\n"),
    ('awk \'BEGIN {print "a\\tb\\"c"}\'', 0, 'a\tb"c\n'),
    ("awk 'BEGIN {x = 1; x += 2; x *= 3; print x}'", 0, "9\n"),
    ("awk 'BEGIN {print 1 > \"/dev/stderr\"}' 2>/dev/null; echo ok", 0, "ok\n"),
    ("awk 'BEGIN {print 2+3 \"x\"}'", 0, "5x\n"),
    ('awk \'BEGIN {print "a" > "f"; close("f")}\'; cat f', 0, "a\n"),
    ("awk '{print'", 2, "awk: line 1: syntax error at or near end of file\n"),
    ("awk 'BEGIN {print )}'", 2, "awk: line 1: syntax error at or near )\n"),
    ("awk", 2, "Usage: mawk [Options] [Program] [file ...]\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_awk_language_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
