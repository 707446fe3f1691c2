# SPDX-License-Identifier: MIT
"""Lists behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("RPUSH l a b", ":2"),
                ("LPUSH l c", ":3"),
                ("LRANGE l 0 -1", "*3|$1|c|$1|a|$1|b"),
                ("LPOP l", "$1|c"),
                ("RPOP l", "$1|b"),
                ("LLEN l", ":1"),
                ("LINDEX l 0", "$1|a"),
                ("LINDEX l 9", "$-1"),
            ],
            id="both_ends_take_and_give",
        ),
        pytest.param(
            [
                ("RPUSH l a", ":1"),
                ("LPOP l", "$1|a"),
                ("EXISTS l", ":0"),
                ("LPOP l", "$-1"),
                ("LPUSHX l a", ":0"),
            ],
            id="list_that_is_empty_is_gone",
        ),
        pytest.param(
            [
                ("RPUSH l a b a c", ":4"),
                ("LSET l 1 x", "+OK"),
                ("LREM l 0 a", ":2"),
                ("LRANGE l 0 -1", "*2|$1|x|$1|c"),
                ("LSET l 9 y", "-ERR index out of range"),
                ("LTRIM l 1 1", "+OK"),
                ("LRANGE l 0 -1", "*1|$1|c"),
            ],
            id="elements_are_changed_and_removed",
        ),
    ],
)
async def test_lists_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
