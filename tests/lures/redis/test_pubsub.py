# SPDX-License-Identifier: MIT
"""Channels behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("SUBSCRIBE c", "*3|$9|subscribe|$1|c|:1"),
                ("PING", "*2|$4|pong|$0|"),
                ("UNSUBSCRIBE c", "*3|$11|unsubscribe|$1|c|:0"),
                ("PUBSUB NUMSUB c", "*2|$1|c|:0"),
                ("PUBLISH c x", ":0"),
            ],
            id="subscriber_hears_nothing_else",
        ),
    ],
)
async def test_pubsub_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
