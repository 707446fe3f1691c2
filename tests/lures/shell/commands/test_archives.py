# SPDX-License-Identifier: MIT
"""Commands about archives and compression."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("mkdir d; echo 1 > d/f; tar cf t.tar d; tar tf t.tar", 0, "d/\nd/f\n"),
    ("mkdir d; echo 1 > d/f; tar czf t.tgz d; rm -r d; tar xzf t.tgz; cat d/f", 0, "1\n"),
    ("echo abc | gzip -c | gunzip", 0, "abc\n"),
    ("echo abc | gzip -c | zcat", 0, "abc\n"),
    ("echo abc > f; gzip f; ls; gunzip f.gz; cat f", 0, "f.gz\nabc\n"),
    ("tar cf t.tar nothing 2>/dev/null; echo $?", 0, "2\n"),
    ("tar xf nothing 2>/dev/null; echo $?", 0, "2\n"),
    ("echo abc > f; tar cvf t.tar f", 0, "f\n"),
    ("mkdir d; echo 1 > f; tar cf t.tar f; tar xf t.tar -C d; cat d/f", 0, "1\n"),
    ("echo abc | gunzip", 1, "\ngzip: stdin: not in gzip format\n"),
    ("unzip nothing", 9, "unzip:  cannot find or open nothing, nothing.zip or nothing.ZIP.\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_archives_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
