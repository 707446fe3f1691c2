# SPDX-License-Identifier: MIT
"""Debian 12 becomes Debian 13 below a running decnet: the only test that needs a mirror of Debian while it runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.lib.lab.machine import Machine
from tests.support.attacks import expect_all_kept, under_attack
from tests.support.packaged import UNITS, Packaged
from tests.support.packages import Package, built, output
from tests.support.releases import Releases
from tests.support.repositories import Signer

pytestmark = [pytest.mark.lab, pytest.mark.soak, pytest.mark.timeout(3600)]

DOWNLOAD_SECONDS = 900
UPGRADE_SECONDS = 1800
KEEP = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")


def mirror() -> str:
    """Return where this host, a Debian 12 itself, gets its packages."""
    listed = output(
        "apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(REPO_URI)", "Identifier: Packages"
    )
    return next(line.split()[1] for line in listed.splitlines() if line.startswith("bookworm "))


def in_root(machine: Machine, *arguments: str) -> None:
    """Run apt on a machine's disk from this host, which has a network; it only downloads."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    # the repository of decnet is only seen from inside, and stays as it is
    options = ["-o", "Dir::Etc::sourceparts=/dev/null", "-o", "APT::Get::List-Cleanup=false"]
    argv = ["chroot", str(machine.root), "apt-get", "--quiet", "--yes", *options, *arguments]
    output(*argv, seconds=DOWNLOAD_SECONDS, environment=environment)


@pytest.mark.parametrize("suite", ["bookworm"], indirect=True, scope="session")
def test_decnet_outlives_an_upgrade_of_debian_and_then_leaves_the_old_python(
    served: Callable[[Path], Packaged], releases: Releases, signer: Signer, tmp_path: Path
) -> None:
    found = served(releases.built.file)
    booted = found.machine
    booted.apt("install", "decnet")
    found.expect_whole(old := releases.built.field("Version"))
    booted.put("/etc/apt/sources.list", f"deb {mirror()} trixie main\n")
    booted.put("/etc/resolv.conf", Path("/etc/resolv.conf").read_text())
    in_root(booted, "update")
    in_root(booted, "dist-upgrade", "--download-only")
    booted.put("/etc/resolv.conf", "")

    with under_attack(found) as attack:
        booted.apt("dist-upgrade", "--no-download", *KEEP, deadline_seconds=UPGRADE_SECONDS)
        found.expect_whole(old)
    expect_all_kept(found, attack)
    booted.reboot()
    found.expect_whole(old)
    assert booted.output("cat", "/etc/debian_version").startswith("13")
    said = found.doctor()
    assert "this package was built for debian-12, this host is debian-13" in said.stdout + said.stderr

    new = built("trixie", tmp_path)
    signer.repository(tmp_path / "repository", new.file)
    leave_the_old_python(found, new)


def leave_the_old_python(found: Packaged, new: Package) -> None:
    """Take the package of the new Debian from the repository, and remove the Python of the old one."""
    booted = found.machine
    booted.run(["sed", "-i", "s/^Suites: bookworm$/Suites: trixie/", "/etc/apt/sources.list.d/decnet.sources"])
    booted.run(["truncate", "--size=0", "/etc/apt/sources.list"])
    booted.apt("update")
    with under_attack(found) as attack:
        booted.apt("install", "decnet")
    found.expect_whole(new.field("Version"))
    expect_all_kept(found, attack)
    assert "python3.11" not in booted.output("dpkg-query", "--show", "--showformat=${Depends}", "decnet")
    running = [f"/proc/{process}/exe" for process in found.processes().values()]
    assert set(booted.output("readlink", *running).splitlines()) == {"/usr/bin/python3.13"}
    booted.apt("purge", "python3.11-minimal", "libpython3.11-minimal")
    booted.run(["systemctl", "restart", *UNITS])
    found.until_well()
    assert "debian-12" not in found.doctor().stdout
