# SPDX-License-Identifier: MIT
"""Commands about keys of any kind behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("SET a 1", "+OK"),
                ("RENAME a b", "+OK"),
                ("EXISTS a b", ":1"),
                ("TYPE b", "+string"),
                ("TYPE x", "+none"),
                ("RENAME x y", "-ERR no such key"),
                ("DEL b x", ":1"),
                ("RPUSH l v", ":1"),
                ("TYPE l", "+list"),
            ],
            id="keys_are_renamed_typed_and_deleted",
        ),
        pytest.param(
            [
                ("SET a 1", "+OK"),
                ("TTL a", ":-1"),
                ("EXPIRE a 100", ":1"),
                ("TTL a", ":100"),
                ("PERSIST a", ":1"),
                ("TTL a", ":-1"),
                ("TTL x", ":-2"),
                ("EXPIRE x 1", ":0"),
                ("EXPIRE a -1", ":1"),
                ("EXISTS a", ":0"),
            ],
            id="keys_end_when_they_are_told_to",
        ),
        pytest.param(
            [
                ("SET a 1", "+OK"),
                ("SELECT 1", "+OK"),
                ("GET a", "$-1"),
                ("SELECT 0", "+OK"),
                ("GET a", "$1|1"),
                ("SELECT 99", "-ERR DB index is out of range"),
                ("MOVE a 2", ":1"),
                ("EXISTS a", ":0"),
            ],
            id="databases_are_separate",
        ),
    ],
)
async def test_generic_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
