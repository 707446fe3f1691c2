# SPDX-License-Identifier: MIT
"""Commands that run others, and small ones."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("echo a b | xargs -n1 echo x", 0, "x a\nx b\n"),
    ("printf 'a\\nb\\n' | xargs -I{} echo '<{}>'", 0, "<a>\n<b>\n"),
    ("seq 3 | xargs", 0, "1 2 3\n"),
    ("seq 1 2 7", 0, "1\n3\n5\n7\n"),
    ("seq -s, 4", 0, "1,2,3,4\n"),
    ("seq 3 -1 1", 0, "3\n2\n1\n"),
    ("sleep x", 1, ("sleep: invalid time interval \u2018x\u2019\nTry 'sleep --help' for more information.\n")),
    ("date -u -d @0", 0, "Thu Jan  1 00:00:00 UTC 1970\n"),
    ("date -u -d @86400 +%F_%T", 0, "1970-01-02_00:00:00\n"),
    ("date -d nonsense", 1, "date: invalid date \u2018nonsense\u2019\n"),
    ("env -i A=1 env", 0, "A=1\n"),
    ("nohup echo x 2>/dev/null", 0, "x\n"),
    ("timeout 5 echo in time", 0, "in time\n"),
    ("nice echo n", 0, "n\n"),
    ("expr 3 + 4; expr 5 '>' 3; expr length abc", 0, "7\n1\n3\n"),
    ("which sh | wc -l", 0, "1\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_plumbing_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
