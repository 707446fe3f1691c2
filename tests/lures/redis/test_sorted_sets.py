# SPDX-License-Identifier: MIT
"""Sorted sets behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("ZADD z 2 b 1 a 3 c", ":3"),
                ("ZRANGE z 0 -1", "*3|$1|a|$1|b|$1|c"),
                ("ZREVRANGE z 0 0", "*1|$1|c"),
                ("ZRANGE z 0 0 WITHSCORES", "*2|$1|a|$1|1"),
                ("ZRANK z c", ":2"),
                ("ZSCORE z b", "$1|2"),
                ("ZCARD z", ":3"),
            ],
            id="members_stand_in_the_order_of_their_scores",
        ),
        pytest.param(
            [
                ("ZADD z 1 a 2 b 3 c", ":3"),
                ("ZRANGEBYSCORE z (1 3", "*2|$1|b|$1|c"),
                ("ZCOUNT z -inf 2", ":2"),
                ("ZINCRBY z 5 a", "$1|6"),
                ("ZREMRANGEBYSCORE z 0 3", ":2"),
                ("ZRANGE z 0 -1", "*1|$1|a"),
            ],
            id="scores_are_ranges_and_counters",
        ),
        pytest.param(
            [
                ("ZADD z x a", "-ERR value is not a valid float"),
                ("ZADD z 1", "-ERR wrong number of arguments for 'zadd' command"),
            ],
            id="score_that_is_no_number_is_refused",
        ),
    ],
)
async def test_sorted_sets_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
