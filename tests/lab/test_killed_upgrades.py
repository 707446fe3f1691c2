# SPDX-License-Identifier: MIT
"""dpkg is killed in the middle of an upgrade, with all that it has started: the commands that Debian names mend it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.lib.lab.lab import Lab
from tests.support.attacks import expect_all_kept, under_attack
from tests.support.interruptions import let_die
from tests.support.packaged import UNATTENDED, Packaged
from tests.support.packages import made
from tests.support.releases import Releases, version_of
from tests.support.repositories import Signer

pytestmark = pytest.mark.lab

POINTS = 10
# the first one refuses a package that was killed before anything of it was unpacked: it wants to be installed again
MEND = "dpkg --configure -a; apt-get -f install --yes"
# the script of the version before that dies, and how dpkg calls what it leaves
DEATHS = {"prerm": "iFR", "postrm": "iHR"}
# another package, of two versions, with nothing in it
OTHER = "beside"
# Starts apt in a session of its own and kills that at a point: when a condition holds, and so many seconds after that. It says
# how long everything took where nothing was killed.
_KILLER = """\
import glob, os, pathlib, signal, subprocess, sys, time
condition, seconds = sys.argv[1], float(sys.argv[2])
def journal(word):
    try:
        return word in pathlib.Path("/var/lib/decnet-package/journal").read_text()
    except FileNotFoundError:
        return False
holds = {
    "begun": lambda: True,
    "unpacking": lambda: bool(glob.glob("/opt/decnet/lib/python3*/site-packages/*/*.dpkg-new")),
    "store": lambda: journal("step store"),
    "services": lambda: journal("step services"),
    "never": lambda: False,
}[condition]
environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
begun = time.monotonic()
with open("/srv/apt.log", "w") as log:
    apt = subprocess.Popen(["apt-get", "install", "--yes", "decnet"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           env=environment, start_new_session=True)
while apt.poll() is None and not holds():
    time.sleep(0.002)
def below(parent):
    # dpkg is in a session of its own, as apt gives it a terminal
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
    try:
        found = [int(word) for word in children.read_text().split()]
    except OSError:
        found = []
    return [parent, *(pid for child in found for pid in below(child))]
try:
    apt.wait(seconds)
    print("ended", time.monotonic() - begun)
except subprocess.TimeoutExpired:
    victims = below(apt.pid)
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    apt.wait()
    print("killed", len(victims))
"""


def killed(found: Packaged, condition: str, seconds: float) -> str:
    """Upgrade and be killed at a point; say what came of it."""
    argv = ["python3", "-c", _KILLER, condition, str(seconds)]
    return found.machine.run(argv, deadline_seconds=300).stdout.strip()


def serve_only(found: Packaged, package: Path, folder: Path, signer: Signer) -> None:
    """Take the version before out of the repository, as an archive of Debian does."""
    for file in (folder / "pool" / found.machine.suite).glob("decnet_*.deb"):
        file.unlink()
    signer.repository(folder, package)
    found.machine.apt("update")


def mend(found: Packaged, releases: Releases) -> None:
    """Do what Debian's documents name, and nothing else; the version is the one before where nothing had begun."""
    found.machine.run(["sh", "-c", MEND], environment=UNATTENDED, deadline_seconds=300)
    versions = [version_of(package) for package in (releases.previous, releases.next)]
    found.expect_whole(next(version for version in versions if version in found.state()))


@pytest.mark.bookworm
@pytest.mark.parametrize("condition", ["unpacking", "store", "services"])
def test_a_killed_upgrade_is_mended_by_dpkg_and_apt(
    served: Callable[[Path], Packaged], releases: Releases, signer: Signer, tmp_path: Path, condition: str
) -> None:
    found = served(releases.next)
    serve_only(found, releases.next, tmp_path / "repository", signer)
    with under_attack(found, "http") as attack:
        assert killed(found, condition, 0).startswith("killed")
        assert found.machine.output("dpkg", "--audit") != ""
        mend(found, releases)
    assert found.state() == f"ii  {version_of(releases.next)}"
    expect_all_kept(found, attack)


@pytest.mark.soak
@pytest.mark.bookworm
@pytest.mark.timeout(3600)
def test_an_upgrade_that_is_killed_at_ten_points_is_mended_each_time(
    served: Callable[[Path], Packaged], releases: Releases, signer: Signer, tmp_path: Path, lab: Lab
) -> None:
    """The points are spread over the whole time that an upgrade takes."""
    repository = tmp_path / "repository"
    found = served(releases.next)
    whole = float(killed(found, "never", 300).split()[1])
    found.expect_whole(version_of(releases.next))
    point, left = 0, 3 * POINTS
    while point < POINTS and left:
        left -= 1
        lab.stop(found.machine.name)
        found = served(releases.next)
        serve_only(found, releases.next, repository, signer)
        said = killed(found, "begun", whole * (point + 0.5) / POINTS)
        sys.stdout.write(f"after {point + 0.5} of {POINTS} parts of {whole:.1f} s: {said}, then {found.state()}\n")
        mend(found, releases)
        if said.startswith("killed"):
            point += 1
        else:
            # this host was busier when the whole was measured
            whole = min(whole, float(said.split()[1]))
    assert point == POINTS


@pytest.mark.bookworm
def test_where_the_version_before_is_served_too_apt_fixes_no_package_and_installing_it_does(
    served: Callable[[Path], Packaged], releases: Releases, signer: Signer, tmp_path: Path
) -> None:
    """What apt means to do is to keep the version before; it fetches it and stops: of any package, as the other shows."""
    found = served(releases.next)
    booted = found.machine
    signer.repository(tmp_path / "repository", made(tmp_path, OTHER, "1"), made(tmp_path, OTHER, "2"))
    booted.apt("update")
    booted.apt("install", f"{OTHER}=1")
    for package in (OTHER, "decnet"):
        install = ["apt-get", "install", "--yes", package]
        for script, letters in DEATHS.items():
            let_die(booted, package, script)
            booted.run(install, environment=UNATTENDED, check=False, deadline_seconds=300)
            assert state(found, package) == letters
            booted.run(["sh", "-c", MEND], environment=UNATTENDED, check=False, deadline_seconds=300)
            assert state(found, package) == letters
        booted.apt("install", package)
        assert state(found, package) == "ii "
    found.expect_whole(version_of(releases.next))


def state(found: Packaged, package: str) -> str:
    """Return the letters of dpkg: ``H`` is half installed, ``F`` half configured, with ``R`` it has to be installed again."""
    return found.machine.output("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}", package)
