# SPDX-License-Identifier: MIT
"""Sets behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("SADD s a b a", ":2"),
                ("SADD s b", ":0"),
                ("SCARD s", ":2"),
                ("SISMEMBER s a", ":1"),
                ("SISMEMBER s z", ":0"),
                ("SREM s a z", ":1"),
                ("SMEMBERS s", "*1|$1|b"),
            ],
            id="members_are_added_once",
        ),
        pytest.param(
            [
                ("SADD s a b", ":2"),
                ("SADD t b c", ":2"),
                ("SINTER s t", "*1|$1|b"),
                ("SDIFF s t", "*1|$1|a"),
                ("SINTERSTORE u s t", ":1"),
                ("SMEMBERS u", "*1|$1|b"),
            ],
            id="sets_are_compared",
        ),
        pytest.param(
            [
                ("SADD s a", ":1"),
                ("SMOVE s t a", ":1"),
                ("EXISTS s", ":0"),
                ("SISMEMBER t a", ":1"),
            ],
            id="member_moves",
        ),
    ],
)
async def test_sets_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
