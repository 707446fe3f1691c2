# SPDX-License-Identifier: MIT
"""``ls``."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("touch b a; ls", 0, "a\nb\n"),
    ("touch b a; ls -1r", 0, "b\na\n"),
    ("mkdir d; touch d/f; ls d", 0, "f\n"),
    ("touch a; ls a nothing", 2, ("a\nls: cannot access 'nothing': No such file or directory\n")),
    ("mkdir d; ls -d d", 0, "d\n"),
    ("mkdir d; touch f; ls -p", 0, "d/\nf\n"),
    ("touch x; chmod 755 x; ls -F", 0, "x*\n"),
    (
        ("printf 123 > f; touch -d '2020-01-02 03:04' f; ls -l f | sed 's/  */ /g' | cut -d' ' -f1,2,5,6-"),
        0,
        "-rw-r--r-- 1 3 Jan 2 2020 f\n",
    ),
    ("ln -s a l; ls -l l | sed 's/.* l ->/l ->/'", 0, "l -> a\n"),
    ("mkdir -p a/b; ls -R a", 0, "a:\nb\n\na/b:\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_listing_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
