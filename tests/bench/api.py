# SPDX-License-Identifier: MIT
"""
How long a list of the API takes at a hundred requests a second, over a store that holds a million records.

The API is a process of its own on its UNIX socket; requests leave by the clock, whether the one before was answered or not, so
that a slow answer delays nobody else's beginning. Filters are those that an operator uses, pages lie anywhere in a list.
"""

import argparse
import asyncio
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from decnet.config.load import load
from decnet.store.ingest import open_ingest
from decnet.store.keys import load as load_keys
from scripts.lib.supervise import DECNET
from scripts.lib.up import environment_of
from tests.bench import ingest as filling
from tests.support.apis import dialling
from tests.support.spools import Spooled

PRESENT = 1_000_000
QUICK_PRESENT = 50_000
RATE = 100
SECONDS = 30.0
QUICK_SECONDS = 5.0
TARGET_MILLISECONDS = 50.0
TARGET_MEBIBYTES = 65
QUERIES: tuple[tuple[str, dict[str, str]], ...] = (
    ("/evidence", {}),
    ("/evidence", {"kind": "command"}),
    ("/evidence", {"decoy": "decoy-07"}),
    ("/evidence", {"decoy": "decoy-07", "kind": "command", "lure": "ssh"}),
    ("/evidence", {"since": "2020-01-01T00:00:00Z"}),
    ("/sessions", {}),
    ("/sessions", {"decoy": "decoy-11"}),
    ("/attackers", {}),
    ("/touches", {"hours": "168"}),
    ("/audit", {}),
    ("/decoys", {}),
    ("/services", {}),
)


def main() -> int:
    """Fill a store, serve it, ask, print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench api", description=__doc__)
    parser.add_argument("--present", type=int, default=PRESENT, help="records in the store")
    parser.add_argument(
        "--quick", action="store_true", help=f"only {QUICK_PRESENT:,} records and {QUICK_SECONDS:.0f} s a query"
    )
    arguments = parser.parse_args()
    present, seconds = (QUICK_PRESENT, QUICK_SECONDS) if arguments.quick else (arguments.present, SECONDS)
    with tempfile.TemporaryDirectory(prefix="api-") as folder:
        environment = environment_of(Path(folder)) | {"DECNET_BUS_TRANSPORT": "null"}
        fill(environment, present)
        with serving(environment) as (process, token):
            worst = asyncio.run(measure(load(environment).config.paths.api_socket, token, seconds))
            memory = proportional_mebibytes(process.pid)
    print(f"{'worst p99':<72}{worst:>8.1f} ms; target {TARGET_MILLISECONDS:.0f}")
    print(f"{'memory of the process afterwards (PSS)':<72}{memory:>8.1f} MiB; target at rest {TARGET_MEBIBYTES}")
    return 0 if worst <= TARGET_MILLISECONDS else 1


def fill(environment: dict[str, str], present: int) -> None:
    """Bring a new store to its size the way everything comes into it."""
    for command in (("store", "migrate"), ("secrets", "create")):
        subprocess.run([DECNET, *command], env=environment, check=True, capture_output=True)
    config = load(environment).config
    spooled = Spooled(config.paths.spool, private_key=load_keys(config.paths.secrets).sealing)
    opened = open_ingest(config)
    try:
        filling._fill(opened, [spooled], random.Random(1), present)
    finally:
        opened.close()


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run ``decnet api`` and yield it, with what a program shows."""
    made = subprocess.run(
        [DECNET, "admin", "token", "create", "bench", "--role", "admin"], env=environment, check=True, capture_output=True
    )
    process = subprocess.Popen([DECNET, "api"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        assert any("is ready" in line for line in iter(process.stderr.readline, ""))
        yield process, made.stdout.decode().strip()
    finally:
        process.terminate()
        process.communicate()


async def measure(socket: Path, token: str, seconds: float) -> float:
    """Ask each query for a while, print a line for it, and return the worst of their p99 in milliseconds."""
    worst = 0.0
    async with dialling(socket, {"authorization": f"Bearer {token}"}) as client:
        client.timeout = httpx.Timeout(None)
        for path, parameters in QUERIES:
            times = await ask(client, path, parameters, seconds)
            p99 = statistics.quantiles(times, n=100)[98]
            shown = path + ("?" + "&".join(f"{name}={value}" for name, value in parameters.items()) if parameters else "")
            print(f"{shown:<72}{statistics.median(times):>8.1f} ms median, p99 {p99:.1f} ms")
            worst = max(worst, p99)
    return worst


async def ask(client: httpx.AsyncClient, path: str, parameters: dict[str, str], seconds: float) -> list[float]:
    """Send requests by the clock; return how long each took, in milliseconds."""
    times: list[float] = []
    cursors: list[str] = []

    async def once(number: int) -> None:
        await asyncio.sleep(number / RATE)
        more = {"cursor": cursors[number % len(cursors)]} if cursors and number % 2 else {}
        begun = time.perf_counter()
        response = await client.get(path, params=parameters | more)
        times.append((time.perf_counter() - begun) * 1000)
        response.raise_for_status()
        if len(cursors) < RATE and (following := response.json().get("next")):
            cursors.append(following)

    async with asyncio.TaskGroup() as tasks:
        for number in range(round(seconds * RATE)):
            tasks.create_task(once(number))
    return times


def proportional_mebibytes(pid: int) -> float:
    """Return the memory that a process takes, what it shares divided (proc(5), smaps_rollup)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    raise SystemExit(main())
