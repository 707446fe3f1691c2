# SPDX-License-Identifier: MIT
"""Requests are checked, queued and refused as a real server does."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("MULTI", "+OK"),
                ("SET a 1", "+QUEUED"),
                ("INCR a", "+QUEUED"),
                ("EXEC", "*2|+OK|:2"),
                ("GET a", "$1|2"),
                ("EXEC", "-ERR EXEC without MULTI"),
                ("DISCARD", "-ERR DISCARD without MULTI"),
            ],
            id="transaction_runs_as_a_whole",
        ),
        pytest.param(
            [
                ("MULTI", "+OK"),
                ("GET", "-ERR wrong number of arguments for 'get' command"),
                ("EXEC", "-EXECABORT Transaction discarded because of previous errors."),
                ("MULTI", "+OK"),
                ("MULTI", "-ERR MULTI calls can not be nested"),
                ("DISCARD", "+OK"),
            ],
            id="transaction_with_a_mistake_is_discarded",
        ),
        pytest.param(
            [
                ("NOPE a b", "-ERR unknown command 'NOPE', with args beginning with: 'a' 'b' "),
            ],
            id="unknown_command_is_told_with_its_arguments",
        ),
        pytest.param(
            [
                ("WATCH a", "+OK"),
                ("SET a 1", "+OK"),
                ("MULTI", "+OK"),
                ("GET a", "+QUEUED"),
                ("EXEC", "*-1"),
            ],
            id="watched_key_that_changes_ends_the_transaction",
        ),
    ],
)
async def test_dispatch_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
