# SPDX-License-Identifier: MIT
"""The service ``bus`` serves, reports its own health, and refuses a second one beside it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from decnet.bus.factory import get_bus
from decnet.config.model import Bus as Settings
from decnet.config.model import Config
from decnet.errors import ConfigError, HostError, InUseError
from decnet.events import HealthReported, HealthRequested
from decnet.runtime.worker import Worker
from decnet.workers.bus import BusDaemon
from tests.support.buses import first
from tests.support.workers import DEADLINE_SECONDS, config, connected, running


def daemon(settings: Config) -> Worker:
    """Return the worker as the runner makes it."""
    return BusDaemon(settings, BusDaemon.make_bus(settings))


async def test_bus_serves_and_answers_for_its_health(tmp_path: Path) -> None:
    settings = config(tmp_path)
    async with running(daemon(settings)), connected(get_bus(settings, "operator")) as operator:
        subscription = await operator.subscribe("system.*.health")
        await operator.publish(HealthRequested())
        event = operator.decode(await first(subscription))
        assert isinstance(event, HealthReported)
        assert (event.service, event.state) == ("bus", "ok")
    assert not settings.paths.bus_socket.exists()


async def test_second_bus_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    settings = config(tmp_path)
    async with running(daemon(settings)), connected(get_bus(settings, "operator")) as operator:
        second = daemon(settings)
        with pytest.raises(InUseError):
            await second.start()
        await second.stop()
        await operator.subscribe("a")
        assert operator.counters["reconnects"] == 0


async def test_bus_ends_when_its_socket_is_gone(tmp_path: Path) -> None:
    """Who starts it again makes a new one; a server that nobody reaches would look healthy for ever."""
    settings = config(tmp_path)
    worker = daemon(settings)
    await worker.start()
    settings.paths.bus_socket.unlink()
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            with pytest.raises(HostError, match="removed"):
                await worker.run()
    finally:
        await worker.stop()


async def test_reload_takes_limits_but_no_other_socket(tmp_path: Path) -> None:
    settings = config(tmp_path)
    worker = BusDaemon(settings, BusDaemon.make_bus(settings))
    await worker.reload(replace(settings, bus=Settings(patterns=7)))
    assert worker.server.patterns == 7
    with pytest.raises(ConfigError, match="cannot change"):
        await worker.reload(replace(settings, bus=Settings(group="other", patterns=8)))
    assert worker.server.patterns == 7
