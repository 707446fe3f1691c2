# SPDX-License-Identifier: MIT
"""
Attackers with real clients, at work inside a machine while something happens to it.

Every request bears a mark of its own. What a client saw answered has to be in the store once; no port may be closed.
"""

import json
import secrets
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scripts.lib.lab.machine import Machine

LURES = ("http", "ssh")
STORED_SECONDS = 90.0
MARK_LENGTH = len("mark-012345-678901-end")

# each client in a loop of its own until standard input ends; curl says 7 and ssh says "refused" where a port is closed
_PROGRAM = """\
import itertools, json, subprocess, sys, threading
places, name, marks, stopped = json.loads(sys.argv[1]), sys.argv[2], itertools.count(1), threading.Event()
begun, completed, refused, others = [0], [], [], []
SSH = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "PreferredAuthentications=password",
       "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR"]
def http(mark, place):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", f"http://{place[0]}:{place[1]}/{mark}"], capture_output=True)
    return done.returncode == 0, done.returncode == 7, done
def ssh(mark, place):
    argv = ["sshpass", "-p", "wrong", "ssh", *SSH, "-p", str(place[1]), f"{mark}@{place[0]}", "true"]
    done = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL)
    return b"Permission denied" in done.stderr, b"refused" in done.stderr, done
def attack(client, place):
    while not stopped.is_set():
        mark = f"mark-{name}-{next(marks):06d}-end"
        begun[0] += 1
        good, closed, done = client(mark, place)
        (completed if good else refused if closed else others).append(mark if good else str(done))
threads = [threading.Thread(target=attack, args=(globals()[lure], place)) for lure, place in places]
for thread in threads:
    thread.start()
print("attacking", flush=True)
sys.stdin.read()
stopped.set()
for thread in threads:
    thread.join()
print(json.dumps({"begun": begun[0], "completed": completed, "refused": refused, "others": others}))
"""
# the longest time between two moments in which somebody took a connection
_GAP = """\
import json, socket, sys, select, time
print("looking", flush=True)
gap, times, last, was_there = 0.0, 0, time.monotonic(), True
while not select.select([sys.stdin], [], [], 0.01)[0]:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect("/run/decnet/bus.sock")
        except OSError:
            was_there = False
            continue
    now = time.monotonic()
    if not was_there:
        times, gap, was_there = times + 1, max(gap, now - last), True
    last = now
print(json.dumps({"gap": gap, "times": times, "is_there": was_there}))
"""


@dataclass
class Siege:
    """What came of it, once it has ended."""

    begun: int = 0
    completed: frozenset[str] = frozenset()
    refused: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.begun} requests, {len(self.completed)} answered, {len(self.refused)} refused, {len(self.cut)} cut"


@dataclass
class Gap:
    """How often, and for how long at most, the bus took no connection."""

    seconds: float = 0.0
    times: int = 0


@contextmanager
def siege(machine: Machine, *lures: str) -> Iterator[Siege]:
    """Attack every decoy's lures of these names until the block ends."""
    found = Siege()
    places = [(lure["name"], (lure["address"], lure["port"])) for lure in _lures(machine) if lure["name"] in (lures or LURES)]
    with _beside(machine, _PROGRAM, json.dumps(places), secrets.token_hex(3)) as said:
        yield found
    found.begun, found.completed = said["begun"], frozenset(said["completed"])
    found.refused, found.cut = tuple(said["refused"]), tuple(said["others"])


@contextmanager
def bus_watched(machine: Machine) -> Iterator[Gap]:
    """Watch the socket of the bus until the block ends; it has to be there then."""
    found = Gap()
    with _beside(machine, _GAP) as said:
        yield found
    assert said["is_there"]
    found.seconds, found.times = said["gap"], said["times"]


@contextmanager
def _beside(machine: Machine, program: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """Run a Python program inside, as no part of decnet, until the block ends; give what it printed last."""
    said: dict[str, Any] = {}
    command = machine.command(["python3", "-c", program, *arguments])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline()
        try:
            yield said
        finally:
            process.stdin.close()
            rest = process.stdout.read()
        said.update(json.loads(rest))


def _lures(machine: Machine) -> Iterator[dict[str, str]]:
    """Yield the lures of every decoy."""
    for line in machine.output("decnet", "status", "--format", "json").splitlines():
        yield from json.loads(line)["lures"]


def stored(machine: Machine) -> Counter[str]:
    """Return how often each mark is in the store, once everything that was spooled is there."""
    well = "decnet services --format json | grep '\"ingester\"' | grep -Eq '\"lag\": ?0(\\.0)?[,}]'"
    machine.wait_until(["sh", "-c", f"decnet services >/dev/null && {well}"], deadline_seconds=STORED_SECONDS)
    marks: Counter[str] = Counter()
    for line in machine.output("decnet", "evidence", "list", "--format", "json", "--limit", "10000000").splitlines():
        row = json.loads(line)
        for kind, text in (("request", "target"), ("credential", "username")):
            if row["kind"] == kind and "mark-" in (said := row["body"][text]):
                marks[said[said.index("mark-") :][:MARK_LENGTH]] += 1
    return marks


def expect_all_kept(machine: Machine, besieged: Siege) -> None:
    """Fail where a completed request is not in the store exactly once, or a port was closed at any moment."""
    marks = stored(machine)
    assert besieged.refused == (), str(besieged)
    assert besieged.completed - marks.keys() == set(), f"lost; {besieged}"
    assert {mark: count for mark, count in marks.items() if count > 1} == {}, f"doubled; {besieged}"
    assert besieged.completed, str(besieged)
