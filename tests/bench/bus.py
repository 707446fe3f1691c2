# SPDX-License-Identifier: MIT
"""
Measure the bus beside nats-server with nats-py, in the same run, interleaved; print medians.

Server, publisher and subscriber are a process each. Rates count what was received; what a publisher who runs free sends
faster than it can be received is reported as lost (this bus counts and announces it). Latency is from publish to receive.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from decnet.bus.wire import frame_of
from tests.bench.busload import PATTERN

KIBIBYTE = 1024
START_SECONDS = 20
TARGET_RSS = 25.0
DRIPPING = 10
"""How much longer is measured beside a reader who reads a little: what it can cost is bounded over time."""
DRIP_SECONDS = 0.05
DRIP_BYTES = 512 * 1024
QUIET_SECONDS = 5
"""The load is over for so long when memory is measured: a server looks after itself once a second."""

Result = dict[str, float]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    runs: int
    free: int
    typed: int
    paced: int


FULL = Plan(runs=5, free=200_000, typed=100_000, paced=4_000)
QUICK = Plan(runs=1, free=100_000, typed=50_000, paced=2_000)


@dataclass(frozen=True)
class Row:
    """One line of the table; a ratio is held against ``at_least`` or ``at_most``."""

    what: str
    ours: str
    other: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """What became of the target."""
        if self.at_least is not None:
            return "reached" if self.ratio >= self.at_least else f"missed by {1 - self.ratio / self.at_least:.0%}"
        if self.at_most is not None:
            return "reached" if self.ratio <= self.at_most else f"missed by {self.ratio / self.at_most - 1:.0%}"
        return ""

    @property
    def target(self) -> str:
        """The target as text."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.at_most is None else f"<= {self.at_most:g}"


@dataclass(frozen=True)
class System:
    """A bus that runs: its name, where clients find it, its process."""

    name: str
    address: str
    pid: int

    @property
    def memory(self) -> float:
        """The resident memory of the server, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / KIBIBYTE

    @property
    def cpu_seconds(self) -> float:
        """The processor time of the server so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print one table; return 1 where a target is missed."""
    parser = ArgumentParser(prog="scripts/bench bus", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run of everything")
    rows = asyncio.run(measure(QUICK if parser.parse_args().quick else FULL))
    return show(rows)


def show(rows: Sequence[Row]) -> int:
    """Print the table."""
    head = ("", "this bus", "beside it", "ratio", "target", "")
    lines = [head, *((row.what, row.ours, row.other, f"{row.ratio:.2f}", row.target, row.verdict) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:5], widths[1:5], strict=True))]
        print("  ".join([*cells, line[5]]).rstrip())
    return int(any(row.verdict.startswith("missed") for row in rows))


async def measure(plan: Plan) -> list[Row]:
    """Run everything, the systems in turn, and return the rows."""
    found: dict[str, list[Result]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="decnet-bench-") as folder:
        async with AsyncExitStack() as stack:
            ours = await stack.enter_async_context(serving_ours(Path(folder)))
            idle = ours.memory
            nats = await stack.enter_async_context(serving_nats())
            for _ in range(plan.runs):
                await measure_once(plan, ours, nats, found)
            await asyncio.sleep(QUIET_SECONDS)
            after = ours.memory
    return [
        *rows_of(found),
        Row("memory of the server, idle -> after", f"{idle:.1f} -> {after:.1f} MB", "25 MB", after / TARGET_RSS, at_most=1.0),
    ]


async def measure_once(plan: Plan, ours: System, nats: System, found: dict[str, list[Result]]) -> None:
    """Take every measurement once."""
    for kind, count in (("free", plan.free), ("typed", plan.typed), ("paced", plan.paced)):
        for system in (ours, nats):
            found[f"{kind} {system.name}"].append(await run(system, kind, count))
    for patterns in (10, 1000):
        with subscribed(ours, patterns):
            found[f"{patterns} patterns"].append(await run(ours, "spread", plan.free))
    for system, count in ((ours, plan.free), (nats, plan.free // 4)):
        found[f"beside nobody {system.name}"].append(await run(system, "free", count))
        with stalled(system):
            found[f"beside a stalled one {system.name}"].append(await run(system, "free", count))
    found["long ours"].append(await run(ours, "free", DRIPPING * plan.free))
    with dripping(ours):
        found["beside a dripping one ours"].append(await run(ours, "free", DRIPPING * plan.free))


def rows_of(found: dict[str, list[Result]]) -> list[Row]:
    """Return the rows of the table from what was measured."""

    def middle(name: str, field: str) -> float:
        return median(result[field] for result in found[name])

    def compared(what: str, kind: str, field: str, unit: str, **target: float) -> Row:
        places = 1 if field == "cpu" else 0
        ours, other = middle(f"{kind} ours", field), middle(f"{kind} nats", field)
        return Row(what, f"{ours:,.{places}f} {unit}", f"{other:,.{places}f} {unit}", ours / other, **target)

    lost = {
        name: sum(each["lost"] for each in found[f"free {name}"]) / sum(each["sent"] for each in found[f"free {name}"])
        for name in ("ours", "nats")
    }
    kept = {
        name: middle(f"beside a stalled one {name}", "sent_rate") / middle(f"beside nobody {name}", "sent_rate")
        for name in ("ours", "nats")
    }
    beside_drip = middle("beside a dripping one ours", "sent_rate") / middle("long ours", "sent_rate")
    many, few = 1e6 / middle("1000 patterns", "rate"), 1e6 / middle("10 patterns", "rate")
    return [
        compared("1 -> 1 free running, 256 B", "free", "rate", "/s", at_least=2.0),
        Row("  of it lost, counted", f"{lost['ours']:.1%}", f"{lost['nats']:.1%}", lost["ours"]),
        compared("  CPU of all three for a message", "free", "cpu", "us"),
        compared("typed event, encoded and decoded", "typed", "rate", "/s", at_least=1.5),
        compared("  CPU of all three for an event", "typed", "cpu", "us"),
        compared("p50 at 2,000/s", "paced", "p50", "us"),
        compared("p99 at 2,000/s", "paced", "p99", "us", at_most=0.5),
        Row(
            "publisher beside a stalled subscriber",
            f"{kept['ours']:.0%} of free",
            f"NATS {kept['nats']:.0%}",
            kept["ours"],
            at_least=0.9,
        ),
        Row("  beside one that reads just enough", f"{beside_drip:.0%} of free", "", beside_drip, at_least=0.9),
        Row("1,000 patterns instead of 10", f"{many:.2f} us", f"10: {few:.2f} us", many / few, at_most=1.3),
    ]


async def run(system: System, kind: str, count: int) -> Result:
    """Let one publisher and one subscriber talk, and return what they measured."""
    async with load(system, "sub", kind, count) as subscriber, load(system, "pub", kind, count) as publisher:
        assert publisher.stdin is not None
        before = system.cpu_seconds
        publisher.stdin.write(b"\n")
        sent, received = await asyncio.gather(said(publisher), said(subscriber))
    lost = sent["published"] - received["received"]
    cpu = (sent["cpu"] + received["cpu"] + system.cpu_seconds - before) / sent["published"] * 1e6
    return {**received, "sent": sent["published"], "sent_rate": sent["rate"], "lost": lost, "cpu": cpu}


@asynccontextmanager
async def load(system: System, *arguments: object) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one process of the load, ready to begin."""
    command = [sys.executable, "-m", "tests.bench.busload", system.name, system.address, *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        await said(process)
        yield process
    finally:
        await ended(process)


async def said(process: asyncio.subprocess.Process) -> Any:
    """Return what a process of the load says next."""
    assert process.stdout is not None
    return json.loads(await process.stdout.readline())


async def ended(process: asyncio.subprocess.Process) -> None:
    """Wait until a process ends, and make it."""
    try:
        await asyncio.wait_for(process.wait(), 2)
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def serving_ours(folder: Path) -> AsyncIterator[System]:
    """Run ``decnet bus`` as it is installed."""
    path = folder / "bus.sock"
    environment = dict.fromkeys(("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME"), str(folder))
    command = [str(Path(sys.executable).with_name("decnet")), "bus", "--socket", str(path)]
    async with server(command, {**os.environ, **environment}) as process:
        await until_there(socket.AF_UNIX, str(path))
        yield System("ours", str(path), process.pid)


@asynccontextmanager
async def serving_nats() -> AsyncIterator[System]:
    """Run nats-server."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with server(["nats-server", "-a", "127.0.0.1", "-p", str(port)], dict(os.environ)) as process:
        await until_there(socket.AF_INET, ("127.0.0.1", port))
        yield System("nats", f"nats://127.0.0.1:{port}", process.pid)


@asynccontextmanager
async def server(command: Sequence[str], environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a server until the block ends."""
    quiet = subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        await ended(process)


async def until_there(family: socket.AddressFamily, address: Any) -> None:
    """Wait until somebody listens."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            with socket.socket(family) as client, contextlib.suppress(OSError):
                client.connect(address)
                return
            await asyncio.sleep(0.05)


@contextmanager
def stalled(system: System) -> Iterator[None]:
    """Have a subscriber that never reads."""
    if system.name == "ours":
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(system.address)
            client.sendall(frame_of("HELLO", "stalled") + frame_of("SUB", PATTERN))
            client.recv(1)
            yield
        return
    host, _, port = system.address.removeprefix("nats://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b'CONNECT {"verbose":false}\r\nSUB %b 1\r\nPING\r\n' % PATTERN.encode())
        client.recv(1)
        yield


@contextmanager
def dripping(system: System) -> Iterator[None]:
    """Have a subscriber that reads so little that it is always behind, but so often that it counts as reading."""
    over = threading.Event()

    def drip(client: socket.socket) -> None:
        while not over.wait(DRIP_SECONDS):
            client.recv(DRIP_BYTES)

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(system.address)
        client.sendall(frame_of("HELLO", "dripping") + frame_of("SUB", PATTERN))
        reader = threading.Thread(target=drip, args=(client,))
        reader.start()
        try:
            yield
        finally:
            over.set()
            client.shutdown(socket.SHUT_RDWR)
            reader.join()


@contextmanager
def subscribed(system: System, count: int) -> Iterator[None]:
    """Have a client with so many subscriptions that are looked at and do not match."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(system.address)
        client.sendall(frame_of("HELLO", "patterns"))
        for number in range(count):
            client.sendall(frame_of("SUB", f"evidence.t{number}.logout"))
            client.recv(65536)
        yield


if __name__ == "__main__":
    sys.exit(main())
