# SPDX-License-Identifier: MIT
"""Services are as the bus tells."""

import asyncio

from decnet.catalog import Role, services_of
from decnet.domain.evidence import now
from decnet.events import HealthReported
from tests.support.apis import Served, fields
from tests.support.workers import DEADLINE_SECONDS


async def test_heartbeat_is_seen(served: Served) -> None:
    client = await served.viewer()
    items = (await client.get("/services")).json()["items"]
    assert fields(items, "name") == [service.name for service in services_of(Role.MASTER)]
    await served.bus.publish(HealthReported(service="agent", at=now(), pid=42, version="9", state="no room", lag=1.5))
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (agent := (await client.get("/services")).json()["items"][1])["state"] == "unknown":
            pass
    assert (agent["state"], agent["message"], agent["pid"], agent["lag"]) == ("failing", "no room", 42, 1.5)
