# SPDX-License-Identifier: MIT
"""The patterns of KEYS match as those of a real server, in bounded time."""

import time

import pytest

from decnet.lures.redis.glob import matches


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        (b"*", b"", True),
        (b"h?llo", b"hello", True),
        (b"h?llo", b"hllo", False),
        (b"h*llo", b"heeeello", True),
        (b"h[ae]llo", b"hallo", True),
        (b"h[^e]llo", b"hello", False),
        (b"h[a-c]llo", b"hbllo", True),
        (b"h[c-a]llo", b"hbllo", True),
        (rb"h\*llo", b"h*llo", True),
        (rb"h\*llo", b"hello", False),
        (b"a*b*c", b"axbxbxc", True),
        (b"a*b*c", b"axbxbx", False),
        (b"[", b"x", False),
        (b"a.c", b"abc", False),
        (b"a\nb*", b"a\nb\nc", True),
        (b"x" * 2000, b"x" * 2000, False),
    ],
)
def test_pattern_matches_as_the_real_server_does(pattern: bytes, text: bytes, *, is_match: bool) -> None:
    assert matches(pattern, text) is is_match


def test_no_pattern_makes_matching_explode() -> None:
    begun = time.process_time()
    assert not matches(b"a*" * 500 + b"b", b"a" * 5000)
    assert time.process_time() - begun < 5
