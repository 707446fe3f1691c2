# SPDX-License-Identifier: MIT
"""Taking an installation away from a running system: all of it or, while another configuration runs, nothing."""

import fcntl
import sys
from pathlib import Path

import pytest

from tests.support.namespaces import Machine, machine

pytestmark = pytest.mark.root

PURGE = ("unrender", "--purge", "--purge-evidence", "--yes")


@pytest.fixture
def running(tmp_path: Path) -> Machine:
    """Return a configured machine on which services run."""
    made = machine(tmp_path / "root")
    made.run("apply")
    made.runs("bus", "ingester")
    made.calls()
    return made


def test_installation_is_not_touched_while_another_configuration_runs(running: Machine) -> None:
    program = "import sys; from pathlib import Path; from decnet.install import host, verbs; "
    program += "verbs.remove(host.of(Path('/'), {}), purge=False, evidence=False, edited=False)"
    before = running.image.everything()
    with (running.image.root / "run/decnet-configure.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "BusyError" in running.call(sys.executable, "-I", "-B", "-c", program, code=1).stderr
    assert running.calls() == []
    assert {path: found for path, found in running.image.everything().items() if path in before} == before


def purged_with_a_disk(running: Machine, folder: str) -> str:
    """Purge a machine that has a disk in a folder; return what was said, and at the end what is left on that disk."""
    script = f'mount -t tmpfs tmpfs "{folder}" && mkdir -p "{folder}/ab" && echo x >"{folder}/ab/sample" && "$@" && '
    script += f'find "{folder}" -type f'
    command = (sys.executable, "-I", "-B", "-m", "decnet.install", *PURGE)
    done = running.call("/bin/sh", "-c", script, "sh", *command)
    return done.stderr + done.stdout


@pytest.mark.parametrize("folder", ["/var/lib/decnet/blobs", "/var/lib/decnet", "/var/log/decnet"])
def test_purge_that_takes_evidence_empties_the_disk_that_it_is_on(running: Machine, folder: str) -> None:
    said = purged_with_a_disk(running, folder)
    assert "sample" not in said
    assert "is empty and stays, as a disk is mounted there" in said
