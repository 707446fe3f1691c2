# SPDX-License-Identifier: MIT
"""The life of a service, with everything but the process."""

import asyncio
import logging
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.config.model import Config, Log
from decnet.errors import ConfigError, HostError
from decnet.events import FleetChanged, HealthReported, HealthRequested, decode
from decnet.runtime.worker import Worker, every, on
from tests.support.workers import config, connected, next_message, running


class Probe(Worker):
    """A worker that remembers what was done to it."""

    name = "agent"

    def __init__(self, config: Config, bus: MemoryBus) -> None:
        super().__init__(config, bus)
        self.done: asyncio.Queue[str] = asyncio.Queue()
        self.gate = asyncio.Event()
        self.gate.set()

    @on(FleetChanged)
    async def change(self, event: FleetChanged) -> None:
        """Remember the revision; revision 13 fails."""
        await self.gate.wait()
        if event.revision == 13:
            raise ValueError(event.revision)
        self.done.put_nowait(f"changed {event.revision}")

    @every(0.001)
    async def tick(self) -> None:
        """Remember the tick."""
        self.done.put_nowait("tick")

    async def start(self) -> None:
        """Remember the start."""
        self.done.put_nowait("start")

    async def stop(self) -> None:
        """Remember the stop."""
        self.done.put_nowait("stop")

    async def seen(self, what: str) -> None:
        """Wait until something was done."""
        async with asyncio.timeout(20):
            while await self.done.get() != what:
                pass


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


@pytest.fixture
def worker(hub: MemoryHub, tmp_path: Path) -> Probe:
    return Probe(config(tmp_path), MemoryBus(hub, "agent"))


async def health_of(hub: MemoryHub) -> HealthReported:
    """Ask for the health and return the answer."""
    async with connected(MemoryBus(hub, "operator")) as bus:
        answers = await bus.subscribe("system.agent.health")
        await bus.publish(HealthRequested())
        event = decode((await next_message(aiter(answers))).body)
    assert isinstance(event, HealthReported)
    return event


async def test_worker_starts_ticks_handles_and_stops(worker: Probe, hub: MemoryHub) -> None:
    async with running(worker), connected(MemoryBus(hub, "operator")) as bus:
        await worker.seen("start")
        await worker.seen("tick")
        await bus.publish(FleetChanged(revision=1))
        await worker.seen("changed 1")
    await worker.seen("stop")


async def test_handler_that_fails_is_counted_and_the_next_event_is_handled(worker: Probe, hub: MemoryHub) -> None:
    async with running(worker), connected(MemoryBus(hub, "operator")) as bus:
        await worker.seen("tick")
        await bus.publish(FleetChanged(revision=13))
        await bus.publish_raw("fleet.changed", b'{"type": "FleetChanged"}')
        await bus.publish(FleetChanged(revision=2))
        await worker.seen("changed 2")
        health = await health_of(hub)
    assert (health.handled, health.failed) == (1, 2)


async def test_callback_that_fails_is_told_by_the_runner_not_by_asyncio(
    worker: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    """Left alone it would log the repr of what the callback was given."""

    def fail(given: str) -> None:
        worker.done.put_nowait("failed")
        raise KeyError(given)

    async with running(worker):
        asyncio.get_running_loop().call_soon(fail, "hunter2")
        await worker.seen("failed")
        await worker.seen("tick")
    [told] = [record for record in caplog.records if record.exc_info]
    assert told.name == "decnet.runtime.guard"
    assert "hunter2" not in told.getMessage()


async def test_event_during_work_waits_instead_of_being_lost(worker: Probe, hub: MemoryHub) -> None:
    async with running(worker), connected(MemoryBus(hub, "operator")) as bus:
        await worker.seen("tick")
        worker.gate.clear()
        for revision in range(3):
            await bus.publish(FleetChanged(revision=revision))
        worker.gate.set()
        for revision in range(3):
            await worker.seen(f"changed {revision}")


async def test_health_is_reported_when_asked_for(worker: Probe, hub: MemoryHub) -> None:
    async with running(worker):
        await worker.seen("tick")
        worker.counters.detail["decoys"] = 5
        health = await health_of(hub)
    assert (health.service, health.state, health.detail["decoys"]) == ("agent", "ok", 5)


async def test_bad_reload_changes_nothing_and_says_so(worker: Probe, caplog: pytest.LogCaptureFixture) -> None:
    before = worker.config
    async with running(worker, ConfigError("no such key")) as runner:
        await worker.seen("tick")
        runner.reload()
        await worker.seen("tick")
        async with asyncio.timeout(20):
            while "NOT been changed: no such key" not in caplog.text:
                await worker.seen("tick")
        assert worker.config is before


async def test_reload_that_only_a_restart_can_follow_is_refused(
    worker: Probe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator who is told that the configuration was read must find it in force."""
    before = worker.config
    async with running(worker, config(tmp_path / "elsewhere")) as runner:
        runner.reload()
        async with asyncio.timeout(20):
            while "NOT been changed: [paths] cannot change while agent runs (restart it)" not in caplog.text:
                await worker.seen("tick")
        assert worker.config is before


async def test_good_reload_swaps_the_configuration_and_the_level(
    worker: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)
    changed = config(tmp_path, log=Log(level="debug"))
    async with running(worker, changed) as runner:
        await worker.seen("tick")
        runner.reload()
        async with asyncio.timeout(20):
            while worker.config is not changed:
                await worker.seen("tick")
        await worker.seen("tick")
        assert logging.getLogger().level == logging.DEBUG


class Lost(Probe):
    """A worker whose ground gives way."""

    async def run(self) -> None:
        """Lose the infrastructure."""
        raise HostError("the disk is gone")


async def test_lost_infrastructure_ends_the_service_and_still_stops_the_worker(hub: MemoryHub, tmp_path: Path) -> None:
    worker = Lost(config(tmp_path), MemoryBus(hub, "agent"))
    with pytest.raises(ExceptionGroup) as caught:
        async with running(worker):
            await worker.seen("stop")
    assert caught.group_contains(HostError, match="the disk is gone")


async def test_manager_is_told_the_truth(worker: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """READY after the start, WATCHDOG while it runs, RELOADING and READY at a reload, STOPPING at the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "20000")
        said: list[str] = []

        async def heard(what: str) -> None:
            async with asyncio.timeout(20):
                while True:
                    said.append((await asyncio.get_running_loop().sock_recv(manager, 4096)).decode())
                    if said[-1].startswith(what):
                        return

        async with running(worker) as runner:
            await heard("READY=1")
            assert worker.done.get_nowait() == "start"
            await heard("WATCHDOG=1")
            runner.reload()
            await heard("RELOADING=1\nMONOTONIC_USEC=")
            await heard("READY=1")
            runner.stop()
            await heard("STOPPING=1")


SETTLING = """
import asyncio, gc, os, signal, sys
from pathlib import Path
from decnet.bus.null import NullBus
from decnet.runtime.runner import run_until_signalled
from decnet.runtime.worker import Worker
from tests.support.workers import config

class Settled(Worker):
    name = "agent"

    async def run(self):
        print(gc.get_freeze_count())
        os.kill(os.getpid(), signal.SIGTERM)

here = config(Path("/nonexistent"))
asyncio.run(run_until_signalled(Settled(here, NullBus()), lambda: here))
"""


def test_collector_leaves_alone_what_a_service_started_with() -> None:
    """In a process of its own: in this one it would hide what other tests leak."""
    ended = subprocess.run([sys.executable, "-c", SETTLING], check=True, capture_output=True, text=True, timeout=20)
    assert int(ended.stdout) > 10_000
