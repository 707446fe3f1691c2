# SPDX-License-Identifier: MIT
"""``decnet services`` tells who answers."""

import asyncio
from pathlib import Path

import pytest

from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.catalog import Role, services_of
from decnet.cli import services
from decnet.runtime.worker import Worker
from tests.support.workers import config, running


async def test_services_that_run_answer_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = MemoryHub()
    expected = [row.name for row in services_of(Role.MASTER)]
    monkeypatch.setattr(services, "get_bus", lambda _config, client: MemoryBus(hub, client))

    async def run(name: str, ready: asyncio.Barrier, done: asyncio.Event) -> None:
        worker = type("Some", (Worker,), {"name": name})(config(tmp_path), MemoryBus(hub, name))
        async with running(worker):
            await ready.wait()
            await done.wait()

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        ready, done = asyncio.Barrier(len(expected)), asyncio.Event()
        for name in expected[:-1]:
            tasks.create_task(run(name, ready, done))
        await ready.wait()
        found = await services.ask(config(tmp_path), seconds=1.0)
        done.set()
    assert sorted(found) == sorted(expected[:-1])
    assert {report.state for report in found.values()} == {"ok"}
