# SPDX-License-Identifier: MIT
"""Which bus a process gets: the one place that knows all of them."""

from pathlib import Path
from weakref import WeakValueDictionary

from decnet.bus.bus import Bus
from decnet.bus.client import UnixBus
from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.bus.null import NullBus
from decnet.config.model import Config

_HUBS: WeakValueDictionary[Path, MemoryHub] = WeakValueDictionary()


def get_bus(config: Config, client: str) -> Bus:
    """
    Return the bus of the configuration for a client of this name, not yet connected.

    Memory buses of one runtime folder reach each other.
    """
    socket = socket_path(config)
    limits = config.bus
    if limits.transport == "null":
        return NullBus()
    if limits.transport == "memory":
        hub = _HUBS.setdefault(socket, MemoryHub())
        return MemoryBus(hub, client, queue_count=limits.queue_count, queue_bytes=limits.queue_bytes)
    return UnixBus(socket, client, queue_count=limits.queue_count, queue_bytes=limits.queue_bytes)


def socket_path(config: Config) -> Path:
    """Return where the bus listens."""
    return Path(config.bus.socket) if config.bus.socket else config.paths.bus_socket
