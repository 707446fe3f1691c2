# SPDX-License-Identifier: MIT
"""Anybody learns that the API answers, and nothing else."""

from tests.support.apis import Served


async def test_health_says_ok_and_no_more(served: Served) -> None:
    response = await (await served.client()).get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "server" not in response.headers
