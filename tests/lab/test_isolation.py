# SPDX-License-Identifier: MIT
"""What a program can do that has taken over a service: in its place, in all that locks it in, to everything else."""

import json
from pathlib import PurePosixPath

import pytest

from decnet.catalog import SERVICES, service
from decnet.install.hardening import LIBRARIES
from tests.support.packaged import Packaged
from tests.support.packages import PYTHONS

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

NAMES = [row.name for row in SERVICES]
# shells that a host may have beside /bin/sh, each where no library is
SHELLS = ("/usr/lib/klibc/bin/sh", "/usr/lib/git-core/sh", "/usr/lib/python3/dist-packages/sh", "/usr/lib/sh")
# what is tried inside, each as a word and what it does; whatever raises was refused
PROBE = """\
import ctypes, importlib, json, mmap, os, pathlib, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def dial(path):
    socket.socket(socket.AF_UNIX).connect(path)
def unshare():
    if libc.unshare(0x10000000):
        raise OSError(ctypes.get_errno(), "refused")
on_others = {
    "sees": lambda pid: os.stat(f"/proc/{pid}"),
    "signals": lambda pid: os.kill(pid, 0),
    "reads memory": lambda pid: os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY)),
    "writes memory": lambda pid: os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR)),
    "reads environment": lambda pid: os.close(os.open(f"/proc/{pid}/environ", os.O_RDONLY)),
    "takes descriptors": lambda pid: os.close(os.open(f"/proc/{pid}/fd/0", os.O_RDONLY)),
}
done = {word: [] for word in on_others}
for word, attempt in on_others.items():
    for name, pid in OTHERS.items():
        try:
            attempt(pid)
        except OSError:
            continue
        done[word].append(name)
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
    **{shell: lambda shell=shell: subprocess.run([shell, "-c", "true"]) for shell in SHELLS},
}
allowed = []
for word, attempt in tries.items():
    try:
        attempt()
    except (OSError, ValueError):
        continue
    allowed.append(word)
def is_program(path):
    return path.is_file() and not path.is_symlink() and os.access(path, os.X_OK)
programs = {str(path.parent) for path in pathlib.Path("/usr/lib").rglob("*") if is_program(path)}
def is_broken(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return True
    return False
dynamic = pathlib.Path(os.__file__).parent / "lib-dynload"
modules = [path.name.split(".")[0] for path in dynamic.glob("*.so")]
broken = [name for name in modules if is_broken(name)]
print(json.dumps({"allowed": allowed, "programs": sorted(programs), "modules": modules, "broken": broken, **done}))
print("END")
"""


@pytest.fixture(scope="module", autouse=True)
def shells(honey: Packaged) -> None:
    """Put shells where the libraries of the host are not."""
    for shell in (*SHELLS, f"/usr/lib/{PYTHONS[honey.machine.suite]}/sh"):
        honey.machine.run(["install", "-D", "/bin/dash", shell])


def tried(honey: Packaged, name: str) -> dict[str, list[str]]:
    """Return what a program can do in the place of a service, and to the processes of which others."""
    others = {other: process for other, process in honey.processes().items() if other != name}
    assert all(others.values())
    printed = honey.probe(name, f"OTHERS, SHELLS = {others}, {SHELLS}\n{PROBE}")
    found: dict[str, list[str]] = json.loads(next(line for line in printed.splitlines() if line.startswith("{")))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_service_reaches_into_no_other_one(honey: Packaged, name: str) -> None:
    """No memory, no descriptors, no environment of any; and no signal to another account."""
    found = tried(honey, name)
    assert {word: found[word] for word in ("reads memory", "writes memory", "reads environment", "takes descriptors")} == {
        "reads memory": [],
        "writes memory": [],
        "reads environment": [],
        "takes descriptors": [],
    }
    row = service(name)
    same_account = {other.name for other in SERVICES if other.account == row.account}
    assert set(found["signals"]) <= same_account
    assert set(found["sees"]) <= (set(NAMES) if name in {"agent", "bus"} else same_account)
    own = {"bus", "another log"} | ({"store"} if "store" in row.writes else set())
    families = {relaxed.value for relaxed in row.relaxes if relaxed.directive == "RestrictAddressFamilies"}
    opens = {"internet", "internet 6"} if families == {"AF_UNIX AF_INET AF_INET6"} else set()
    opens |= {"hand-over"} if "handover" in row.writes else set()
    # nothing below /usr/lib is started but what lies among libraries, and Python has all of its own
    libraries = tuple(folder.removeprefix("-") for folder in LIBRARIES)
    assert [folder for folder in found["programs"] if not folder.startswith(libraries)] == []
    assert found["modules"]
    assert found["broken"] == []
    # a lure that was taken over reaches the agent and nothing else
    assert set(found["allowed"]) <= ({"hand-over"} if name == "decoys" else own | opens)


def test_the_probe_sees_what_can_be_done(honey: Packaged) -> None:
    """Root outside every unit can do most of it; a probe that never succeeds would prove nothing."""
    program = f"OTHERS, SHELLS = {honey.processes()}, {SHELLS}\n{PROBE}"
    printed = honey.machine.output("/opt/decnet/bin/python", "-c", program)
    found = json.loads(printed.splitlines()[0])
    assert {word for word in found if word != "allowed" and set(found[word]) == set(NAMES)} == {
        "sees",
        "signals",
        "reads memory",
        "writes memory",
        "reads environment",
        "takes descriptors",
    }
    everything = {"internet", "packets", "dbus", "bus", "hand-over", "store", "keys", "a program", *SHELLS}
    assert everything <= set(found["allowed"])
    folders = {str(PurePosixPath(shell).parent) for shell in SHELLS} | {f"/usr/lib/{PYTHONS[honey.machine.suite]}"}
    assert folders <= set(found["programs"])
