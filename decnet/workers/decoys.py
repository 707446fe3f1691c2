# SPDX-License-Identifier: MIT
"""The service ``decoys``: faces the attackers on the sockets that the agent lends, and writes what they did."""

from collections.abc import Awaitable
from typing import ClassVar

from decnet.bus.bus import Bus
from decnet.config.model import Config
from decnet.engine.admission import admitting
from decnet.engine.factory import get_pen, raise_file_limit
from decnet.engine.reception import Reception
from decnet.engine.relay import RelayBus
from decnet.events import SpoolIngested
from decnet.lures.loading import build
from decnet.runtime.guard import guarded
from decnet.runtime.worker import Worker, every, on

SUPPLY_SECONDS = 2.0
"""How long an agent is waited for; without one there is nothing to serve yet, which is no error."""


class Decoys(Worker):
    """Receive attackers; this process opens no socket to the network, it has only what it was handed."""

    name: ClassVar[str] = "decoys"
    fixed: ClassVar[tuple[str, ...]] = (*Worker.fixed, "spool", "disk")

    def __init__(self, config: Config, bus: RelayBus) -> None:
        super().__init__(config, bus)
        self._relay = bus
        self._pen = get_pen(config, self.name)
        self._reception = Reception(
            limits=config.lures, pen=self._pen, build=build, guard=self._guard, report=bus.report, lend=bus.borrow
        )

    @classmethod
    def make_bus(cls, config: Config) -> Bus:
        """Return the only connection of this service, to the agent."""
        return RelayBus(config.paths.handover_socket, admit=admitting("agent", folder=config.paths.handover))

    async def start(self) -> None:
        """Open the spool, and hold what the agent holds: ready means that a port survives the agent's end."""
        raise_file_limit()
        self._pen.start()
        self.tasks.create_task(self._pen.run(), name="spool")
        await self._relay.supplied(SUPPLY_SECONDS)

    async def run(self) -> None:
        """Receive until the end."""
        await self._reception.run(lambda: self._relay.attach(self._reception.put, self._reception.drop))

    async def stop(self) -> None:
        """Let go of the sockets, which the agent keeps open, and make the evidence durable."""
        self._relay.release()
        self._pen.close()

    async def reload(self, config: Config) -> None:
        """Take new bounds for the sessions that begin from now on."""
        self._reception.limits = config.lures
        self.config = config

    @on(SpoolIngested)
    async def forget(self, event: SpoolIngested) -> None:
        """Delete what the store has."""
        self._pen.ingested(event.sequence)

    @every(5)
    async def count(self) -> None:
        """Bring the counters of the heartbeat up to date."""
        detail = {**self._reception.counters, **self._pen.counters, **self._relay.borrowed}
        self.counters.detail.update(detail, sessions=self._reception.sessions)
        self.counters.dropped = self._pen.counters["lost"]

    async def _guard(self, work: Awaitable[None], what: str) -> bool:
        """Let what goes wrong in one session end that session alone."""
        return await guarded(work, self.counters, what)
