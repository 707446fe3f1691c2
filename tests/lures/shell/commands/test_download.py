# SPDX-License-Identifier: MIT
"""Commands that fetch and send."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("wget -q http://203.0.113.9/x; ls -s x > /dev/null; echo $?", 0, "0\n"),
    ("wget -q -O - http://203.0.113.9/a.sh > f; test -s f; echo $?", 0, "0\n"),
    ("wget", 1, ("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n")),
    ("curl", 2, "curl: try 'curl --help' or 'curl --manual' for more information\n"),
    ("curl -s -o f http://203.0.113.9/x; test -s f; echo $?", 0, "0\n"),
    ("curl gopher://x/", 1, 'curl: (1) Protocol "gopher" not supported or disabled in libcurl\n'),
    ("curl -s http://no-such-host.invalid/", 6, "curl: (6) Could not resolve host: no-such-host.invalid\n"),
    ("wget -q http://no-such-host.invalid/", 4, "wget: unable to resolve host address \u2018no-such-host.invalid\u2019\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_download_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
