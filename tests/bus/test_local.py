# SPDX-License-Identifier: MIT
"""The process that is the bus speaks and listens on it without a socket."""

from pathlib import Path

import pytest

from decnet.bus.client import UnixBus
from decnet.bus.local import LocalBus
from decnet.errors import BusError
from decnet.events import BusMeasured, HealthRequested
from tests.support.buses import first, publish_numbers, serving, take
from tests.support.workers import connected


async def test_local_client_publishes_and_receives(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    local = LocalBus()
    early = await local.subscribe(HealthRequested.pattern)
    await publish_numbers(local, "system.bus.health", range(1))
    assert local.counters["dropped"] == 1
    async with serving(path) as server, connected(UnixBus(path, "other")) as other:
        local.attach(server)
        await local.connected()
        subscription = await other.subscribe("system.bus.*")
        await publish_numbers(local, "system.bus.health", range(1))
        assert await take(subscription, 1) == [0]
        await other.publish(HealthRequested())
        assert local.decode(await first(early)) == HealthRequested()
        await early.close()
        assert len(server._routes) == 1
        await local.close()


async def test_local_client_does_not_hear_itself_and_keeps_to_its_row(tmp_path: Path) -> None:
    local = LocalBus()
    async with serving(tmp_path / "bus.sock") as server:
        local.attach(server)
        with pytest.raises(BusError):
            await local.subscribe(BusMeasured.pattern)
        with pytest.raises(BusError):
            await publish_numbers(local, "fleet.changed", range(1))
