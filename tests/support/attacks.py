# SPDX-License-Identifier: MIT
"""
Attackers with real clients, at work inside a machine while something happens to it.

Every request bears a mark of its own. What a client saw answered has to be in the store once, nothing that no client has begun
may be there, and no port may be closed.
"""

import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scripts.lib.lab.machine import Machine
from tests.support.beside import beside
from tests.support.packaged import ACCOUNT, SSH, Packaged

STORED_SECONDS = 90.0
UNDER_WAY = 5
_MARK = re.compile(r"mark-[0-9a-f]{6}-[0-9]{6}-end")

# A thread for each lure, one client after the other until standard input ends. ssh guesses in vain with the mark as its user,
# then logs in and echoes one. curl says 7 and ssh says "refused" where a port is closed.
_PROGRAM = """\
import itertools, json, subprocess, sys, threading
places, name, ssh, account, under_way = map(json.loads, sys.argv[1:])
marks, stopped, answers = itertools.count(1), threading.Event(), threading.Semaphore(0)
begun, completed, refused, others = [], [], [], []
def call(*argv):
    return subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
def fetch(mark, host, port):
    done = call("curl", "-sS", "--max-time", "20", f"http://{host}:{port}/{mark}")
    return done.returncode == 0, done.returncode == 7, done
def ssh_as(user, password, command, host, port):
    options = ["-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=20"]
    return call("sshpass", "-p", password, *ssh, *options, "-p", port, f"{user}@{host}", command)
def guess(mark, *place):
    done = ssh_as(mark, "wrong", "true", *place)
    return "Permission denied" in done.stderr, "refused" in done.stderr, done
def log_in(mark, *place):
    done = ssh_as(*account, f"echo {mark}", *place)
    return done.returncode == 0 and done.stdout.strip() == mark, "refused" in done.stderr, done
CLIENTS = {"http": [fetch], "ssh": [guess, log_in]}
def attack(lure):
    for client in itertools.cycle(CLIENTS[lure]):
        if stopped.is_set():
            return
        mark = f"mark-{name}-{next(marks):06d}-end"
        begun.append(mark)
        good, closed, done = client(mark, *places[lure].rsplit(":", 1))
        (completed if good else refused if closed else others).append(mark if good else str(done))
        answers.release() if good else stopped.wait(0.05)
threads = [threading.Thread(target=attack, args=(lure,)) for lure in places]
for thread in threads:
    thread.start()
for _ in range(under_way):
    if not answers.acquire(timeout=60):
        stopped.set()
        sys.exit(f"nobody answers: {(refused + others)[-1:]}")
print("under way", flush=True)
sys.stdin.read()
stopped.set()
for thread in threads:
    thread.join()
print(json.dumps({"begun": begun, "completed": completed, "refused": refused, "others": others}))
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
class Attack:
    """What clients asked, and what came of it, once it has ended."""

    name: str
    begun: frozenset[str] = frozenset()
    completed: frozenset[str] = frozenset()
    refused: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in a line."""
        numbers = f"{len(self.completed)} answered, {len(self.refused)} refused, {len(self.cut)} cut"
        return f"{len(self.begun)} requests, {numbers}"


@dataclass
class Gap:
    """How often, and for how long at most, the bus took no connection."""

    seconds: float = 0.0
    times: int = 0


@contextmanager
def under_attack(packaged: Packaged, *lures: str) -> Iterator[Attack]:
    """Attack the decoy's lures, those of these names where some are named, from before the block begins until it has ended."""
    attack = Attack(secrets.token_hex(3))
    places = {name: place for name, place in packaged.places().items() if name in (lures or ("http", "ssh"))}
    words = map(json.dumps, (places, attack.name, SSH, ACCOUNT, UNDER_WAY))
    with beside(packaged.machine.command(["python3", "-c", _PROGRAM, *words]), "under way") as clients:
        yield attack
        said = json.loads(clients.end())
    attack.begun, attack.completed = frozenset(said["begun"]), frozenset(said["completed"])
    attack.refused, attack.cut = tuple(said["refused"]), tuple(said["others"])


@contextmanager
def bus_watched(machine: Machine) -> Iterator[Gap]:
    """Watch the socket of the bus until the block ends; it has to be there then."""
    gap = Gap()
    with beside(machine.command(["python3", "-c", _GAP]), "looking") as watcher:
        yield gap
        said = json.loads(watcher.end())
    assert said["is_there"]
    gap.seconds, gap.times = said["gap"], said["times"]


def stored(packaged: Packaged) -> Counter[str]:
    """Return how often each mark is in the store, once everything that was spooled is there."""
    well = "decnet services --format json | grep '\"ingester\"' | grep -Eq '\"lag\": ?0(\\.0)?[,}]'"
    packaged.machine.wait_until(["sh", "-c", f"decnet services >/dev/null && {well}"], deadline_seconds=STORED_SECONDS)
    places = {"request": "target", "credential": "username", "command": "command"}
    said = (row["body"][places[row["kind"]]] for row in packaged.records() if row["kind"] in places)
    return Counter(mark for text in said for mark in _MARK.findall(text))


def expect_all_kept(packaged: Packaged, attack: Attack, *, ports_stay_open: bool = True) -> None:
    """Fail where a completed request is not in the store exactly once, or a port was closed at any moment."""
    marks = stored(packaged)
    assert not ports_stay_open or attack.refused == (), str(attack)
    assert attack.completed - marks.keys() == set(), f"lost; {attack}"
    assert {mark: count for mark, count in marks.items() if count > 1} == {}, f"doubled; {attack}"
    assert {mark for mark in marks if attack.name in mark} <= attack.begun, f"made up; {attack}"
    assert attack.completed, str(attack)
