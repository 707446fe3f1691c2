# SPDX-License-Identifier: MIT
"""Strings behave as those of a real server."""

import pytest

from tests.lures.redis.cache import cache, replies
from tests.support.lures import serving


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param(
            [
                ("SET a 1 NX", "+OK"),
                ("SET a 2 NX", "$-1"),
                ("GET a", "$1|1"),
                ("SET b 1 XX", "$-1"),
                ("GETSET a 3", "$1|1"),
                ("SETNX a 4", ":0"),
                ("GETDEL a", "$1|3"),
                ("EXISTS a", ":0"),
            ],
            id="values_are_set_under_conditions",
        ),
        pytest.param(
            [
                ("INCR n", ":1"),
                ("INCRBY n 9", ":10"),
                ("DECR n", ":9"),
                ("DECRBY n 4", ":5"),
                ("INCRBYFLOAT n 0.5", "$3|5.5"),
                ("SET w x", "+OK"),
                ("INCR w", "-ERR value is not an integer or out of range"),
            ],
            id="counters_count_and_refuse_words",
        ),
        pytest.param(
            [
                ("APPEND s Hello", ":5"),
                ("APPEND s World", ":10"),
                ("STRLEN s", ":10"),
                ("GETRANGE s 0 4", "$5|Hello"),
                ("GETRANGE s -5 -1", "$5|World"),
                ("SETRANGE s 5 !!", ":10"),
                ("GET s", "$10|Hello!!rld"),
            ],
            id="parts_are_read_and_written",
        ),
        pytest.param(
            [
                ("MSET a 1 b 2", "+OK"),
                ("MGET a b c", "*3|$1|1|$1|2|$-1"),
                ("MSETNX b 3 c 4", ":0"),
                ("EXISTS a b c", ":2"),
            ],
            id="several_are_set_and_read_at_once",
        ),
        pytest.param(
            [
                ("LPUSH l x", ":1"),
                ("GET l", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ],
            id="wrong_type_is_refused",
        ),
    ],
)
async def test_strings_answer_as_a_real_server(exchange: list[tuple[str, str]]) -> None:
    async with serving(cache()) as served:
        assert await replies(served, *(request for request, _ in exchange)) == [reply for _, reply in exchange]
