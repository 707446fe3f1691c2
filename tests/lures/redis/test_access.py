# SPDX-License-Identifier: MIT
"""The access list behaves as that of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("ACL WHOAMI", "$7|default"),
                ("ACL USERS", "*1|$7|default"),
                ("ACL GETUSER nobody", "$-1"),
                ("ACL DELUSER nobody", ":0"),
            ],
            id="users_are_listed",
        ),
    ],
)
async def test_access_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
