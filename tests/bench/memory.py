# SPDX-License-Identifier: MIT
"""Measure what every service of a master holds in memory while it is idle, and all of them together."""

import asyncio
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from decnet.catalog import Role, services_of
from scripts.lib.supervise import Supervisor
from scripts.lib.up import decnet, deployed, environment_of, place_of_the_dashboard
from tests.bench.report import Measured, report

IDLE_SECONDS = 20.0
QUICK_SECONDS = 3.0
MEBIBYTE = 2**20
TARGET_OF_ALL = 400.0
TARGET_OF_ONE = 30.0
# larger by design: asyncssh behind the lures, netlink in the agent, a web framework in the rest
TARGETS = {"agent": 50.0, "api": 65.0, "decoys": 50.0, "web": 50.0}
TARGET_OF_BUS_RSS = 25.0


def main() -> int:
    """Print a table; leave with 1 where a target is missed."""
    parser = ArgumentParser(prog="scripts/bench memory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SECONDS:.0f} s of idling, not {IDLE_SECONDS:.0f}")
    seconds = QUICK_SECONDS if parser.parse_args().quick else IDLE_SECONDS
    with tempfile.TemporaryDirectory(prefix="decnet-bench-") as folder:
        rows = asyncio.run(measure(Path(folder), seconds))
    return report(f"memory of the services of a master with the demo's decoys, after {seconds:.0f} s of idling", rows)


async def measure(folder: Path, seconds: float) -> list[Measured]:
    """Start everything in ``folder``, let it idle, and return a row for each service."""
    environment = environment_of(folder)
    environment |= place_of_the_dashboard(environment)
    await decnet(environment, "store", "migrate")
    await decnet(environment, "secrets", "create")
    async with Supervisor(services_of(Role.MASTER), environment, say=lambda _: None) as supervisor:
        await supervisor.start()
        await deployed(None, environment)
        await asyncio.sleep(seconds)
        sizes = {name: rollup(child.pid) for name, child in supervisor.children.items()}
    rows = [row for name, size in sizes.items() for row in rows_of(name, size)]
    return [*rows, Measured("all: PSS", sum(size["Pss"] for size in sizes.values()), "MB", at_most=TARGET_OF_ALL)]


def rows_of(name: str, size: dict[str, float]) -> list[Measured]:
    """Return the rows of one service."""
    return [
        Measured(f"{name}: PSS", size["Pss"], "MB", at_most=TARGETS.get(name, TARGET_OF_ONE)),
        Measured(f"{name}: RSS", size["Rss"], "MB", at_most=TARGET_OF_BUS_RSS if name == "bus" else None),
    ]


def rollup(pid: int) -> dict[str, float]:
    """Return the sums of a process's memory map in MB, by their name in ``smaps_rollup``."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    except PermissionError:
        raise SystemExit("the services hide their memory from their own user; run this benchmark as root") from None
    return {line.split(":")[0]: int(line.split()[1]) * 1024 / MEBIBYTE for line in lines}


if __name__ == "__main__":
    sys.exit(main())
