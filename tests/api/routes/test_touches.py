# SPDX-License-Identifier: MIT
"""Touches are counted by the hour, hours without any too."""

from decnet.domain.evidence import Opened
from tests.support.apis import Served, problem_of


async def test_every_hour_is_there(served: Served) -> None:
    served.store.write(Opened())
    served.store.write(Opened(), lure="http")
    served.store.bring()
    client = await served.viewer()
    told = (await client.get("/touches", params={"hours": 48})).json()
    assert (len(told["hours"]), told["total"]) == (48, 2)
    assert told["since"] == told["hours"][0]["at"]
    assert sum(hour["lures"].get("http", 0) for hour in told["hours"]) == 1
    assert problem_of(await client.get("/touches", params={"hours": 0}), 422) == "not-valid"
