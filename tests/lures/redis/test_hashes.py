# SPDX-License-Identifier: MIT
"""Hashes behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("HSET h a 1 b 2", ":2"),
                ("HSET h a 3", ":0"),
                ("HGET h a", "$1|3"),
                ("HLEN h", ":2"),
                ("HEXISTS h b", ":1"),
                ("HDEL h a x", ":1"),
                ("HLEN h", ":1"),
                ("HDEL h b", ":1"),
                ("EXISTS h", ":0"),
            ],
            id="fields_are_set_counted_and_removed",
        ),
        pytest.param(
            [
                ("HMSET h a 1 b 2", "+OK"),
                ("HGETALL h", "*4|$1|a|$1|1|$1|b|$1|2"),
                ("HKEYS h", "*2|$1|a|$1|b"),
                ("HVALS h", "*2|$1|1|$1|2"),
                ("HMGET h b z", "*2|$1|2|$-1"),
            ],
            id="all_fields_are_read_in_order",
        ),
        pytest.param(
            [
                ("HINCRBY h n 5", ":5"),
                ("HSET h w x", ":1"),
                ("HINCRBY h w 1", "-ERR hash value is not an integer"),
                ("HSETNX h n 9", ":0"),
            ],
            id="counter_in_a_field_refuses_words",
        ),
    ],
)
async def test_hashes_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
