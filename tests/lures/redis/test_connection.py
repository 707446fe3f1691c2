# SPDX-License-Identifier: MIT
"""Commands about the connection behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("PING", "+PONG"),
                ("PING hello", "$5|hello"),
                ("ECHO hi", "$2|hi"),
                ("PING a b", "-ERR wrong number of arguments for 'ping' command"),
            ],
            id="pings_are_answered",
        ),
        pytest.param(
            [
                ("CLIENT GETNAME", "$-1"),
                ("CLIENT SETNAME me", "+OK"),
                ("CLIENT GETNAME", "$2|me"),
                ("RESET", "+RESET"),
                ("CLIENT GETNAME", "$-1"),
            ],
            id="name_is_kept",
        ),
        pytest.param(
            [
                ("COMMAND GETKEYS MSET a 1 b 2", "*2|$1|a|$1|b"),
                ("COMMAND GETKEYS PING x", "-ERR The command has no key arguments"),
                ("COMMAND GETKEYS NONE x", "-ERR Invalid command specified"),
            ],
            id="keys_of_a_command_are_told",
        ),
    ],
)
async def test_connection_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
