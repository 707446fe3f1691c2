# SPDX-License-Identifier: MIT
"""The units under a real systemd: they start, they end, they come back, and they let nothing through."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from decnet.catalog import SERVICES, service
from decnet.install.render import AS_ROOT, VERBS, unit_of
from scripts.lib.lab.lab import Lab
from tests.support.machines import machines
from tests.support.placed import IDENTITY, Placed, environment

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

NAMES = [row.name for row in SERVICES]
METHODS = {
    "start": ("StartUnit", "ss", "replace"),
    "stop": ("StopUnit", "ss", "replace"),
    "restart": ("RestartUnit", "ss", "replace"),
    "reload": ("ReloadUnit", "ss", "replace"),
    "reset-failed": ("ResetFailedUnit", "s"),
}
STRANGER = "[Service]\nExecStart=/usr/bin/sleep 1d\nExecReload=/usr/bin/true\n"
# what is tried inside, each as a word and what it does; whatever raises was refused
PROBE = """\
import ctypes, json, mmap, os, pathlib, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def dial(path):
    socket.socket(socket.AF_UNIX).connect(path)
def unshare():
    if libc.unshare(0x10000000):
        raise OSError(ctypes.get_errno(), "refused")
tries = {
    "internet": lambda: socket.socket(socket.AF_INET),
    "internet 6": lambda: socket.socket(socket.AF_INET6),
    "packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "dbus": lambda: dial("/run/dbus/system_bus_socket"),
    "manager": lambda: dial("/run/systemd/private"),
    "bus": lambda: dial("/run/decnet/bus.sock"),
    "hand-over": lambda: dial("/run/decnet-handover/agent.sock"),
    "store": lambda: open("/var/lib/decnet/store/decnet.db", "rb").close(),
    "keys": lambda: os.listdir("/var/lib/decnet-package/secrets"),
    "another log": lambda: open("/var/log/decnet/decnet.bus.log").close(),
    "a new log": lambda: open("/var/log/decnet/x", "w").close(),
    "a program": lambda: subprocess.run(["/bin/sh", "-c", "true"]),
    "own code": lambda: open("/opt/decnet/x", "w").close(),
    "configuration": lambda: open("/etc/decnet/x", "w").close(),
    "namespaces": unshare,
    "executable memory": lambda: mmap.mmap(-1, 4096, prot=7),
    "shared memory": lambda: open("/dev/shm/x", "w").close(),
    "others": lambda: [os.stat(f"/proc/{pid}") for pid in OTHERS],
    "signals": lambda: [os.kill(pid, 0) for pid in OTHERS],
}
allowed = []
for word, attempt in tries.items():
    try:
        attempt()
    except (OSError, ValueError):
        continue
    allowed.append(word)
memory = []
for pid in OTHERS:
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR))
        memory.append(pid)
    except OSError:
        pass
print(json.dumps({"allowed": allowed, "memory": memory}))
print("END")
"""
WRITER = """\
import logging, pathlib, time
from decnet import log
log.set_up("decoys", path=pathlib.Path("/var/log/decnet/decnet.decoys.log"), level="info", floor_bytes=0, journal=False)
logging.getLogger().handlers = logging.getLogger().handlers[1:]
number, rotated = 0, pathlib.Path("/var/log/decnet/decnet.decoys.log.5.gz")
deadline = time.monotonic() + 60
while not rotated.exists() and time.monotonic() < deadline:
    logging.getLogger("x").info("line %d", number)
    number += 1
print(number)
print("END")
"""


@pytest.fixture(scope="module")
def placed(lab: Lab, suite: str) -> Iterator[Placed]:
    """One machine of each suite, on which decnet runs."""
    with tempfile.TemporaryDirectory(prefix="decnet-placed-") as folder:
        Path(folder).chmod(0o755)
        programs = environment(Path(folder), suite)
        with machines(lab) as boot:
            yield Placed.start(boot(suite=suite, hostname=suite, binds={programs: "/opt/decnet"}))


def tried(placed: Placed, name: str) -> dict[str, list[object]]:
    """Return what a program can do in the place of a service, to the processes of all others."""
    others = [placed.process(other) for other in NAMES if other != name]
    printed = placed.probe(name, f"OTHERS = {others}\n{PROBE}")
    found: dict[str, list[object]] = json.loads(next(line for line in printed.splitlines() if line.startswith("{")))
    return found


def test_a_taken_over_lure_reaches_the_agent_and_nothing_else(placed: Placed) -> None:
    assert tried(placed, "decoys") == {"allowed": ["hand-over"], "memory": []}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "decoys"])
def test_no_service_writes_into_another_one_nor_reaches_the_managers(placed: Placed, name: str) -> None:
    found = tried(placed, name)
    assert found["memory"] == []
    own = {"bus", "another log"} | ({"store"} if "store" in service(name).writes else set())
    opens = {"internet", "internet 6", "hand-over", "others"} if name == "agent" else set()
    assert set(found["allowed"]) <= own | opens | ({"others"} if name == "bus" else set())


def test_an_attack_on_a_decoy_becomes_evidence(placed: Placed) -> None:
    machine = placed.machine
    (decoy,) = placed.lines("status", "--reveal")
    lure = next(lure for lure in decoy["lures"] if lure["name"] == "ssh")
    user, password = decoy["accounts"]["ssh"][0].split(":", 1)
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-p", str(lure["port"])]
    said = machine.output("sshpass", "-p", password, "ssh", *options, f"{user}@{lure['address']}", "id")
    assert said.startswith("uid=")
    machine.wait_until(["sh", "-c", "decnet evidence list --format json | grep -q closed"])
    assert {"credential", "command"} <= {record["kind"] for record in placed.lines("evidence", "list")}


def test_every_service_comes_back_after_a_kill(placed: Placed) -> None:
    for name in NAMES:
        before = placed.process(name)
        placed.machine.run(["kill", "-9", str(before)])
        placed.machine.wait_until(["systemctl", "is-active", "--quiet", f"decnet-{name}.service"])
        placed.until_well()
        assert placed.process(name) not in {0, before}
    assert placed.machine.failed_units() == []


def test_the_target_stops_and_starts_all_and_is_reached_when_all_are_ready(placed: Placed) -> None:
    machine = placed.machine
    machine.run(["systemctl", "stop", "decnet.target", *map(unit_of, SERVICES)])
    assert [placed.process(name) for name in NAMES] == [0] * len(NAMES)
    machine.run(["systemctl", "start", "decnet.target"])
    assert {placed.show(name, "ActiveState") for name in NAMES} == {"active"}
    placed.until_well()
    ready = {name: int(placed.show(name, "ActiveEnterTimestampMonotonic")) for name in NAMES}
    for row in SERVICES:
        assert all(ready[other] < ready[row.name] for other in row.after)


def test_rotation_loses_and_doubles_no_line_of_a_service(placed: Placed) -> None:
    machine = placed.machine
    rotate = "while [ ! -e /var/log/decnet/decnet.decoys.log.5.gz ]; do logrotate -f /etc/logrotate.d/decnet; done"
    machine.run(["systemd-run", "--quiet", "--unit=rotation", "--collect", "sh", "-c", rotate])
    written = next(int(line) for line in placed.probe("decoys", WRITER).splitlines() if line.isdecimal())
    machine.wait_until(["sh", "-c", "! systemctl is-active --quiet rotation"])
    files = "{ cat decnet.decoys.log decnet.decoys.log.1; zcat decnet.decoys.log.*.gz; }"
    lines = machine.output("sh", "-c", f"cd /var/log/decnet; {files} | grep -o 'line [0-9]*'").splitlines()
    assert written > 100
    assert sorted(lines) == sorted(f"line {number}" for number in range(written))


def test_the_gate_of_an_upgrade_holds_back_what_opens_the_store_even_an_automatic_restart(placed: Placed) -> None:
    machine, gated = placed.machine, [row.name for row in SERVICES if row.opens_store]
    machine.put("/run/decnet-upgrade.lock", "")
    for name in gated:
        machine.run(["kill", "-9", str(placed.process(name))])
        machine.wait_until(["sh", "-c", f"systemctl show decnet-{name} | grep -qx Result=exec-condition"])
        machine.run(["systemctl", "start", unit_of(service(name))])
        assert placed.process(name) == 0
    assert all(placed.process(name) for name in NAMES if name not in gated)
    machine.run(["rm", "/run/decnet-upgrade.lock"])
    machine.run(["systemctl", "start", *(unit_of(service(name)) for name in gated)])
    placed.until_well()


def test_a_log_that_somebody_removed_is_there_again_when_the_service_is(placed: Placed) -> None:
    machine = placed.machine
    machine.run(["rm", "/var/log/decnet/decnet.decoys.log"])
    machine.run(["kill", "-9", str(placed.process("decoys"))])
    placed.until_well()
    owner = machine.output("stat", "--format=%U:%G %a", "/var/log/decnet/decnet.decoys.log")
    assert owner == f"{IDENTITY.decoys_user}:{IDENTITY.group} 640"


def asked(placed: Placed, user: str, verb: str, unit: str) -> str:
    """Ask systemd to do something to a unit as a user; return its complaint."""
    method, signature, *more = METHODS[verb]
    manager = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
    argv = ["busctl", "call", *manager, method, signature, unit, *more]
    return placed.machine.run(argv, user=user, check=False).stderr


def test_polkit_lets_members_of_the_group_do_five_things_to_our_services_and_nobody_anything_else(placed: Placed) -> None:
    machine = placed.machine
    machine.run(["useradd", "--groups", IDENTITY.group, "member"])
    machine.run(["useradd", "stranger"])
    machine.put("/etc/systemd/system/ssh.service", STRANGER)
    machine.put("/etc/systemd/system/decnet-other.service", STRANGER)
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["systemctl", "start", "ssh.service", "decnet-other.service"])
    others = ("ssh.service", "decnet-other.service", *AS_ROOT[:1])
    for verb in ("stop", "start", "restart", "reload", "reset-failed"):
        assert verb in VERBS
        for unit in map(unit_of, SERVICES):
            for user in (IDENTITY.user, "member"):
                assert asked(placed, user, verb, unit) == "", (user, verb, unit)
            machine.run(["systemctl", "stop" if verb == "stop" else "start", unit])
            for user in (*IDENTITY.isolated_accounts.values(), "stranger"):
                assert "authentication" in asked(placed, user, verb, unit), (user, verb, unit)
        for unit in others:
            for user in (IDENTITY.user, "member", *IDENTITY.isolated_accounts.values(), "stranger"):
                assert "authentication" in asked(placed, user, verb, unit), (user, verb, unit)
    machine.run(["systemctl", "start", "decnet.target"])
    placed.until_well()


def test_after_power_is_off_and_on_again_everything_is_back(placed: Placed) -> None:
    placed.machine.power_off()
    placed.machine.power_on()
    placed.until_well()
    assert placed.machine.failed_units() == []
    assert {decoy["state"] for decoy in placed.lines("status")} == {"up"}
