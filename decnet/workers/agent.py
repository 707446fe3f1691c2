# SPDX-License-Identifier: MIT
"""The service ``agent``: makes the decoys of this host match their desired state and lends their sockets."""

import asyncio
from typing import ClassVar

from decnet.bus.bus import Bus
from decnet.config.model import Config
from decnet.engine.factory import get_lender, get_steward, raise_file_limit
from decnet.engine.wishes import Wishes
from decnet.errors import ConfigError
from decnet.events import FleetChanged, HealthRequested, SpoolIngested
from decnet.runtime.worker import Worker, every, on


class Agent(Worker):
    """Reconcile at the start, after each change of the fleet, when a decoys service arrives, and every half minute."""

    name: ClassVar[str] = "agent"

    def __init__(self, config: Config, bus: Bus) -> None:
        super().__init__(config, bus)
        self._wanted, self._noted = asyncio.Event(), asyncio.Event()
        self._lender = get_lender(config, bus.publish, arrived=self._wanted.set, noted=self._noted.set)
        self._steward = get_steward(config, self._lender)
        self._wishes = Wishes(config, self._steward)

    async def start(self) -> None:
        """Have what was asked for last; ready means that a port survives the end of the decoys service."""
        raise_file_limit()
        self._lender.start()
        self.tasks.create_task(self._lender.run(), name="lender")
        self.tasks.create_task(self._steward.keep_report(self._noted, self.counters.detail.update), name="report")
        await self._steward.recall()
        await self._reconcile()

    async def run(self) -> None:
        """Reconcile whenever there is a reason to."""
        self.bus.on_gap(self.look)
        while await self._wanted.wait():
            await self._reconcile()

    async def _reconcile(self) -> None:
        """Look what shall be and make it so."""
        self._wanted.clear()
        self._wishes.look()
        if applied := await self._steward.reconcile():
            await self.bus.publish(applied)
        self.counters.detail.update(self._steward.counters)

    async def reload(self, config: Config) -> None:
        """Refuse what cannot change while sockets are open."""
        if config.agent != self.config.agent:
            raise ConfigError("[agent] cannot change while the agent runs", remedy="restart it: decoys go on meanwhile")
        self.config = config

    async def stop(self) -> None:
        """Let go of the sockets; the decoys service keeps its copies and goes on."""
        self._lender.stop()

    @on(FleetChanged)
    async def follow(self, _: FleetChanged) -> None:
        """Look at the new revision."""
        self._wanted.set()

    @on(SpoolIngested)
    async def tell(self, event: SpoolIngested) -> None:
        """Tell the decoys service which of its records are safe."""
        if (event.host, event.writer) == (self.config.host.name, "decoys"):
            self._lender.tell(event)

    @on(HealthRequested)
    async def ask(self, event: HealthRequested) -> None:
        """Ask the decoys service how it is."""
        self._lender.tell(event)

    @every(30)
    async def look(self) -> None:
        """Look whether everything is as it shall be."""
        self._wanted.set()
