# SPDX-License-Identifier: MIT
"""Commands that encode, sum up and dump."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("echo abc | base64", 0, "YWJjCg==\n"),
    ("echo YWJjCg== | base64 -d", 0, "abc\n"),
    ("echo abc | md5sum", 0, "0bee89b07a248e27c83fc3d5951213c1  -\n"),
    ("echo abc | sha1sum", 0, "03cfd743661f07975fa2f1220c5194cbaff48451  -\n"),
    ("echo abc | sha256sum", 0, "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb  -\n"),
    ("echo abc > f; md5sum f", 0, "0bee89b07a248e27c83fc3d5951213c1  f\n"),
    ("md5sum nothing", 1, "md5sum: nothing: No such file or directory\n"),
    ("printf 'abc' | od -c", 0, "0000000   a   b   c\n0000003\n"),
    ("printf 'ab' | od -An -tx1", 0, " 61 62\n"),
    ("printf 'abc' | cksum", 0, "1219131554 3\n"),
    ("printf 'hello\\0world\\n' | strings", 0, "hello\nworld\n"),
    ("echo '!!!' | base64 -d", 1, "base64: invalid input\n"),
    ("echo hello | xxd", 0, "00000000: 6865 6c6c 6f0a                           hello.\n"),
    ("echo hello | xxd -p", 0, "68656c6c6f0a\n"),
    ("echo 68656c6c6f | xxd -r -p", 0, "hello"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_encoding_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
