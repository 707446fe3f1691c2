# SPDX-License-Identifier: MIT
"""``debian/tests``: what Debian's own test runner does with the package, on a machine that has booted."""

import io
import tarfile

import pytest

from tests.support.machines import Machines
from tests.support.packages import Package
from tests.support.sources import ROOT

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

TREE = "/srv/tree"
SECONDS = 300


def source() -> bytes:
    """Return what autopkgtest reads of a source package, as a tar file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(ROOT / "debian", "debian")
        # what a build leaves: with it the tree counts as built, and nothing is looked for that builds it
        tar.addfile(tarfile.TarInfo("debian/files"))
    return packed.getvalue()


def test_autopkgtest_finds_an_attack_in_the_evidence(machine: Machines, suite: str, package: Package) -> None:
    booted = machine(suite=suite)
    booted.put(f"/srv/{package.file.name}", package.file.read_bytes())
    booted.put("/srv/tree.tar", source())
    booted.run(["mkdir", TREE])
    booted.run(["tar", "-C", TREE, "-xf", "/srv/tree.tar"])
    # the machine itself isolates, which the runner cannot know
    runner = ["autopkgtest", "--ignore-restrictions=isolation-container", f"/srv/{package.file.name}", f"{TREE}/", "--", "null"]
    finished = booted.run(runner, check=False, deadline_seconds=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "an attack on a decoy became evidence" in finished.stdout + finished.stderr
    assert "smoke                PASS" in finished.stdout + finished.stderr
