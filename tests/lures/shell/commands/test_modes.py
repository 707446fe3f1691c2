# SPDX-License-Identifier: MIT
"""Commands about rights and owners."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("touch f; chmod 600 f; stat -c %a f", 0, "600\n"),
    ("touch f; chmod u+x,go-r f; stat -c %a f", 0, "700\n"),
    ("touch f; chmod a=r f; stat -c %A f", 0, "-r--r--r--\n"),
    ("mkdir d; chmod g+s d; stat -c %a d", 0, "2755\n"),
    ("mkdir -p d/e; chmod -R 700 d; stat -c %a d d/e", 0, "700\n700\n"),
    ("touch f; chmod xyz f", 1, ("chmod: invalid mode: \u2018xyz\u2019\nTry 'chmod --help' for more information.\n")),
    ("chmod 600 nothing", 1, "chmod: cannot access 'nothing': No such file or directory\n"),
    ("touch f; chown daemon:bin f; stat -c %U:%G f", 0, "daemon:bin\n"),
    ("touch f; chown 1:2 f; stat -c %u:%g f", 0, "1:2\n"),
    ("touch f; chown nosuchuser f", 1, "chown: invalid user: \u2018nosuchuser\u2019\n"),
    ("touch f; chgrp daemon f; stat -c %G f", 0, "daemon\n"),
    ("touch f; lsattr f", 0, "--------------e------- f\n"),
    ("touch f; chattr +i f; echo $?", 0, "0\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_modes_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
