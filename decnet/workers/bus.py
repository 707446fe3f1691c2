# SPDX-License-Identifier: MIT
"""The service ``bus``: the event bus of this host."""

from typing import ClassVar

from decnet.bus.bus import Bus
from decnet.bus.endpoint import Endpoint
from decnet.bus.factory import socket_path
from decnet.bus.local import LocalBus
from decnet.bus.server import BusServer
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.errors import ConfigError
from decnet.runtime.worker import Worker


class BusDaemon(Worker):
    """Serve the bus; its own health goes over it without a socket."""

    name: ClassVar[str] = "bus"

    def __init__(self, config: Config, bus: Bus) -> None:
        super().__init__(config, bus)
        self.server = BusServer(Endpoint(socket_path(config), config.bus.group), config.bus)

    @classmethod
    def make_bus(cls, config: Config) -> Bus:  # noqa: ARG003 - its own process needs no socket
        """Return the bus for the process that is the bus."""
        return LocalBus()

    async def start(self) -> None:
        """Listen; a second server on the socket is refused."""
        await self.server.start(environment())
        if isinstance(self.bus, LocalBus):
            self.bus.attach(self.server)

    async def run(self) -> None:
        """Look after the clients."""
        await self.server.run()

    async def stop(self) -> None:
        """Tell the clients and remove the socket."""
        await self.server.stop()

    async def reload(self, config: Config) -> None:
        """Take new limits; the socket stays what it is."""
        if (socket_path(config), config.bus.group) != (socket_path(self.config), self.config.bus.group):
            raise ConfigError("the socket of the bus cannot change while it runs", remedy="systemctl restart decnet-bus")
        self.server.configure(config.bus)
        self.config = config
