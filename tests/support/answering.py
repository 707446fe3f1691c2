# SPDX-License-Identifier: MIT
"""
``answering.py GROUP BOOKS``: a bus whose services answer that they are well; the systemd of a namespace starts it as the bus.

It says "ready" as soon as it listens. Which services run is read from the books, anew for each question.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from decnet.bus.client import UnixBus
from decnet.bus.endpoint import Endpoint
from decnet.bus.server import BusServer
from decnet.config.model import Bus as Settings
from decnet.events import HealthReported, HealthRequested
from decnet.install.layout import BUS_SOCKET
from decnet.version import VERSION


async def main(group: str, books: Path) -> None:
    """Serve until somebody ends us."""
    path = Path(BUS_SOCKET)
    server, bus = BusServer(Endpoint(path, group), Settings()), UnixBus(path, "services")
    await server.start({})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.run())
        tasks.create_task(bus.run())
        questions = await bus.subscribe(HealthRequested.pattern)
        await bus.connected()
        os.write(1, b"ready\n")
        async for _ in questions:
            for unit in (books / "active").read_text(encoding="utf-8").split():
                name = unit.removeprefix("decnet-").removesuffix(".service")
                await bus.publish(HealthReported(service=name, at=datetime.now(UTC), pid=os.getpid(), version=VERSION))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
