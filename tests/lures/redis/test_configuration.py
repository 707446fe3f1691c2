# SPDX-License-Identifier: MIT
"""Settings are read, changed and refused as a real server does."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("CONFIG SET dbfilename x.rdb", "+OK"),
                ("CONFIG GET dbfilename", "*2|$10|dbfilename|$5|x.rdb"),
                ("CONFIG GET nothing-like-this", "*0"),
                ("CONFIG SET maxmemory-policy allkeys-lru", "+OK"),
                ("CONFIG GET maxmemory-policy", "*2|$16|maxmemory-policy|$11|allkeys-lru"),
            ],
            id="setting_is_changed_and_read",
        ),
    ],
)
async def test_configuration_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
