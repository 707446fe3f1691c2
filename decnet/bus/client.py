# SPDX-License-Identifier: MIT
"""The client of the bus over its UNIX socket."""

from pathlib import Path

from decnet.bus.mailbox import QUEUE_BYTES, QUEUE_COUNT
from decnet.bus.null import NullBus


class UnixBus(NullBus):
    """A client of the bus on ``path``; it connects in ``run``."""

    def __init__(self, path: Path, client: str, *, queue_count: int = QUEUE_COUNT, queue_bytes: int = QUEUE_BYTES) -> None:
        super().__init__()
        self.path = path
        self.client = client
        self.limits = (queue_count, queue_bytes)
