# SPDX-License-Identifier: MIT
"""dpkg is killed in the middle of an upgrade, with all that it has started: the commands that Debian names mend it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.lib.lab.lab import Lab
from tests.support.attacks import expect_all_kept, under_attack
from tests.support.packaged import Packaged
from tests.support.releases import Releases, version_of

pytestmark = pytest.mark.lab

POINTS = 10
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


def mend(found: Packaged, releases: Releases) -> None:
    """
    Do what Debian's documents name, and look at the result.

    A package that was killed while its files were unpacked is one that apt's "fix" leaves alone, whichever package it is: it
    is mended by installing it, as the next unattended upgrade does.
    """
    found.machine.run(["dpkg", "--configure", "-a"], check=False, deadline_seconds=300)
    found.machine.apt("-f", "install")
    if version_of(releases.next) not in found.state():
        found.machine.apt("install", "decnet")
    found.expect_whole(version_of(releases.next))


@pytest.mark.bookworm
@pytest.mark.parametrize("condition", ["unpacking", "store", "services"])
def test_a_killed_upgrade_is_mended_by_dpkg_and_apt(
    served: Callable[[Path], Packaged], releases: Releases, condition: str
) -> None:
    found = served(releases.next)
    with under_attack(found, "http") as attack:
        assert killed(found, condition, 0).startswith("killed")
        assert found.machine.output("dpkg", "--audit") != ""
        mend(found, releases)
    expect_all_kept(found, attack)


@pytest.mark.soak
@pytest.mark.bookworm
@pytest.mark.timeout(3600)
def test_an_upgrade_that_is_killed_at_ten_points_is_mended_each_time(
    served: Callable[[Path], Packaged], releases: Releases, lab: Lab
) -> None:
    """The points are spread over the whole time that an upgrade takes."""
    found = served(releases.next)
    whole = float(killed(found, "never", 300).split()[1])
    found.expect_whole(version_of(releases.next))
    point, left = 0, 3 * POINTS
    while point < POINTS and left:
        left -= 1
        lab.stop(found.machine.name)
        found = served(releases.next)
        said = killed(found, "begun", whole * (point + 0.5) / POINTS)
        sys.stdout.write(f"after {point + 0.5} of {POINTS} parts of {whole:.1f} s: {said}, then {found.state()}\n")
        mend(found, releases)
        if said.startswith("killed"):
            point += 1
        else:
            # this host was busier when the whole was measured
            whole = min(whole, float(said.split()[1]))
    assert point == POINTS
