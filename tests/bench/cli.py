# SPDX-License-Identifier: MIT
"""Measure how long ``decnet --help`` takes and how much memory it needs, as whoever presses Tab feels it."""

import os
import statistics
import sys
import time
from argparse import ArgumentParser
from pathlib import Path

from tests.bench.report import Measured, report

DECNET = Path(sys.executable).with_name("decnet")
COMMANDS = (("--help",), ("services", "--help"), ("evidence", "--help"))
TARGET_SECONDS = 0.15
TARGET_BYTES = 25 * 1024 * 1024
RUNS = 40
QUICK_RUNS = 20


def main() -> int:
    """Print a table; leave with 1 where a target is missed."""
    parser = ArgumentParser(prog="scripts/bench cli", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_RUNS} runs of each, not {RUNS}")
    runs = QUICK_RUNS if parser.parse_args().quick else RUNS
    rows = [row for command in COMMANDS for row in measure(command, runs)]
    return report(f"decnet on the command line, {runs} runs of each, interpreter {sys.version.split()[0]}", rows)


def measure(command: tuple[str, ...], runs: int) -> list[Measured]:
    """Return the rows of one command; only ``--help`` has targets."""
    run_once(command)
    samples = [run_once(command) for _ in range(runs)]
    seconds = sorted(sample[0] for sample in samples)
    is_target = command == ("--help",)
    name = " ".join(("decnet", *command))
    return [
        Measured(f"{name}: median", statistics.median(seconds), "s", at_most=TARGET_SECONDS if is_target else None),
        Measured(f"{name}: slowest", seconds[-1], "s"),
        Measured(
            f"{name}: peak memory",
            max(sample[1] for sample in samples) / 2**20,
            "MB",
            at_most=TARGET_BYTES / 2**20 if is_target else None,
        ),
    ]


def run_once(command: tuple[str, ...]) -> tuple[float, int]:
    """Return the wall time in seconds and the peak resident memory in bytes of one run."""
    silent = os.open(os.devnull, os.O_WRONLY)
    begun = time.perf_counter()
    pid = os.posix_spawn(str(DECNET), [str(DECNET), *command], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, silent, 1)])
    _, status, usage = os.wait4(pid, 0)
    elapsed = time.perf_counter() - begun
    os.close(silent)
    if status:
        raise SystemExit(f"decnet {' '.join(command)} failed with {os.waitstatus_to_exitcode(status)}")
    return elapsed, usage.ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main())
