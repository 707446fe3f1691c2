# SPDX-License-Identifier: MIT
"""The service ``api``: REST and the live feed on a UNIX socket."""

from typing import ClassVar

from decnet.api.app import make_app
from decnet.api.desk import make_desk
from decnet.api.server import Server, refuse_move
from decnet.bus.bus import Bus
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.events import EvidenceStored, FleetApplied, HealthReported, HealthRequested
from decnet.runtime.worker import Worker, every, on
from decnet.store import secrets
from decnet.store.keys import load


class Api(Worker):
    """Serve; what the bus says wakes the live feed and tells how the services are."""

    name: ClassVar[str] = "api"

    def __init__(self, config: Config, bus: Bus) -> None:
        super().__init__(config, bus)
        self._desk = make_desk(config, load(config.paths.secrets), bus.publish)
        self._server = Server(make_app(self._desk), config, environment())

    async def start(self) -> None:
        """Open the store, make the first account where there is none, listen: ready means that it accepts."""
        await self._desk.pool.open()
        await self._desk.pool.read(lambda connection: secrets.confirm(connection, self._desk.box))
        await self._desk.door.open()
        await self._server.start()

    async def run(self) -> None:
        """Serve, and ask at once how everybody is."""
        self.bus.on_gap(self._desk.feed.look)
        await self.look()
        await self._server.run()

    async def stop(self) -> None:
        """End the live feeds, then everything else."""
        self._desk.feed.close()
        await self._server.stop()
        self._desk.close()

    async def reload(self, config: Config) -> None:
        """Take new bounds; sockets stay what they are."""
        refuse_move(self.config.api, config.api)
        self._desk.take(config)
        self.config = config

    @on(HealthReported)
    async def note(self, event: HealthReported) -> None:
        """Remember how a service is."""
        self._desk.roster.note(event)

    @on(EvidenceStored)
    async def wake(self, _: EvidenceStored) -> None:
        """Have the live feed look into the log."""
        self._desk.feed.wake()

    @on(FleetApplied)
    async def pass_on(self, event: FleetApplied) -> None:
        """Tell whoever watches that the agent did something."""
        self._desk.feed.tell(event)

    @every(2)
    async def look(self) -> None:
        """Look whether the log has grown, as the bus may have been away; a bus does not bring back one's own heartbeat."""
        self._desk.roster.note(self.health())
        if self._desk.roster.has_to_ask():
            await self.bus.publish(HealthRequested())
        await self._desk.feed.look()

    @every(5)
    async def note_seen(self) -> None:
        """Write down who was here."""
        await self._desk.door.note_seen()
