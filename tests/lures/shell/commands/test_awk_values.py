# SPDX-License-Identifier: MIT
"""The values of ``awk``."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("awk 'BEGIN {print 1+2*3, 7%3, 2^8, -3, 10/4}'", 0, "7 1 256 -3 2.5\n"),
    ('awk \'BEGIN {print length("abc"), substr("hello",2,3), index("hello","l")}\'', 0, "3 ell 3\n"),
    ('awk \'BEGIN {print toupper("a"), tolower("B"), int(3.9)}\'', 0, "A b 3\n"),
    ('awk \'BEGIN {n=split("a:b:c",p,":"); print n, p[1], p[3]}\'', 0, "3 a c\n"),
    ('awk \'BEGIN {s="aaa"; n=gsub(/a/,"b",s); print n, s; sub(/b/,"c",s); print s}\'', 0, "3 bbb\ncbb\n"),
    ("awk 'BEGIN {print match(\"foobar\",/o+/), RSTART, RLENGTH}'", 0, "2 2 2\n"),
    ('awk \'BEGIN {print 1 " " 2, "a" "b"}\'', 0, "1 2 ab\n"),
    ("echo 'a b c' | awk '{$2=\"x\"; print; print NF}'", 0, "a x c\n3\n"),
    ("awk 'BEGIN {x=1; print x++, x, ++x, x--, x}'", 0, "1 2 3 3 2\n"),
    ('awk \'BEGIN {print (1?"y":"n"), !0, 1&&0, 0||1}\'', 0, "y 1 0 1\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_awk_values_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
