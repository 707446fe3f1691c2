# SPDX-License-Identifier: MIT
"""``awk``."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("printf 'a b\\nc d\\n' | awk '{print $2}'", 0, "b\nd\n"),
    ("printf 'a:b\\n' | awk -F: '{print $2 \"-\" $1}'", 0, "b-a\n"),
    ("seq 5 | awk '{s+=$1} END {print s, NR}'", 0, "15 5\n"),
    ("printf 'a 1\\nb 2\\n' | awk '$2>1'", 0, "b 2\n"),
    ("printf 'x\\ny\\n' | awk '/y/ {print \"found\"}'", 0, "found\n"),
    ("awk 'BEGIN {for (i=0;i<3;i++) print i}'", 0, "0\n1\n2\n"),
    ('awk \'BEGIN {a["x"]=1; for (k in a) print k, a[k]; if ("y" in a) print "no"}\'', 0, "x 1\n"),
    ("echo 'a b c' | awk '{print NF, $NF}'", 0, "3 c\n"),
    ("awk -v v=3 'BEGIN {print v*2}'", 0, "6\n"),
    ("awk 'BEGIN {i=5; while (i>3) {print i; i--}}'", 0, "5\n4\n"),
    ("seq 3 | awk 'NR==2 {next} {print}'", 0, "1\n3\n"),
    ("seq 9 | awk 'NR==3 {exit 4} END {print \"end\"}'; echo $?", 0, "end\n4\n"),
    ("seq 6 | awk '/2/,/4/'", 0, "2\n3\n4\n"),
    ('awk \'BEGIN {printf "%5.2f|%-4s|%03d\\n", 3.14159, "a", 7}\'', 0, " 3.14|a   |007\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_awk_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
