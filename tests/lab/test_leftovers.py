# SPDX-License-Identifier: MIT
"""Nothing is left of a machine that was stopped, nor of a lab that was killed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from decnet.errors import InUseError, NotFoundError
from scripts.lib.lab.folder import Folder
from scripts.lib.lab.lab import Lab, group_name
from scripts.lib.lab.machine import NSPAWN_RUN
from scripts.lib.lab.mounts import below, mounts
from scripts.lib.lab.record import Process
from tests.support.sources import ROOT

pytestmark = pytest.mark.lab

KILLED = """\
import os, sys
from pathlib import Path
from scripts.lib.lab.folder import Folder
from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.network import Network
from scripts.lib.lab.record import Process

def die(*_):
    os.kill(os.getpid(), 9)

point = sys.argv[2]
if point == "before the network":
    Network.make = die
elif point == "within the network":
    Network._ip = die
elif point == "before the disk":
    Machine.prepare_disk = die
elif point == "before the machine":
    Machine._spawn = die
elif point == "within the boot":
    Machine._until_booted = die
Lab(Folder(Path(sys.argv[1]), bases=Folder().bases), say=print, owner=Process.this()).boot("half")
die()
"""
POINTS = (
    "before the network",
    "within the network",
    "before the disk",
    "before the machine",
    "within the boot",
    "after the boot",
)


@pytest.fixture
def own(lab: Lab) -> Iterator[Lab]:
    """A lab with a folder of its own, of which nothing may be left; it takes the bases of the common one."""
    with tempfile.TemporaryDirectory(prefix="lab-") as path:
        own = Lab(Folder(Path(path), bases=lab.folder.bases), say=print)
        yield own
        own.stop_all()


def traces(lab: Lab, name: str) -> list[str]:
    """Return all that can be found of a machine on the host."""
    group = group_name(lab.folder, name)
    places = [
        *below(lab.folder.root),
        *lab.folder.machines.iterdir(),
        *lab.folder.networks.iterdir(),
        *(mount.point / group for mount in mounts() if mount.kind in {"cgroup", "cgroup2"} and (mount.point / group).exists()),
        *(path for path in [NSPAWN_RUN / "propagate" / group] if path.exists()),
    ]
    return [*map(str, places), *processes(group), *processes(str(lab.folder.root))]


def processes(word: str) -> list[str]:
    """Return the processes, ourselves left out, that belong to a group or were started with a path."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "cgroup").read_text() + (folder / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if word in text and Process.of(int(folder.name)) not in {None, Process.this()}:
            found.append(f"{folder.name}: {text}")
    return found


def links() -> set[str]:
    """Return the network interfaces of the host."""
    return set(subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True).stdout.splitlines())


def test_nothing_is_left_of_a_machine_that_was_stopped_and_its_name_is_free(own: Lab) -> None:
    interfaces = links()
    for _ in range(2):
        first, second = own.boot("first"), own.boot("second")
        assert len({first.address, second.address}) == 2
        assert links() == interfaces
        lock = NSPAWN_RUN / "locks" / first.record.disk_lock
        assert lock.exists()
        own.stop("first")
        assert not lock.exists()
        assert second.state() == "running"
        assert traces(own, "second")
        own.stop("second")
        assert traces(own, "first") == []
        assert traces(own, "second") == []


@pytest.mark.parametrize("point", POINTS)
def test_what_a_killed_lab_left_is_removed_by_the_next_one(own: Lab, point: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, own.folder.root, point], cwd=ROOT, check=False, timeout=100)
    assert killed.returncode == -9
    assert traces(own, "half")
    assert own.sweep() == ["half"]
    assert traces(own, "half") == []


def test_a_machine_without_an_owner_stays_and_one_of_somebody_else_is_not_stopped(own: Lab) -> None:
    stays = own.boot("stays")
    theirs = Lab(own.folder, say=print, owner=Process.of(1), network="theirs")
    theirs.boot("theirs")
    assert own.sweep() == []
    assert stays.state() == "running"
    assert own.stop_all() == ["theirs"]
    assert [machine.name for machine in own.machines()] == ["theirs"]
    own.stop("theirs")


def test_a_name_is_given_once_and_a_layer_is_kept_while_it_is_stood_on(own: Lab) -> None:
    below = own.boot("below")
    with pytest.raises(InUseError, match="below already"):
        own.boot("below")
    below.power_off()
    below.become_layer()
    own.boot("above", on=below)
    with pytest.raises(InUseError, match="stand on below"):
        own.stop("below")
    own.stop_all()
    with pytest.raises(NotFoundError):
        own.stop("below")
    assert traces(own, "below") == []
