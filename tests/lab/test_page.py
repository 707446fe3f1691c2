# SPDX-License-Identifier: MIT
"""What the pages about the package say can be done is done: by a new user with sudo, on a machine that has booted."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.program import Finished
from tests.support.machines import Machines, machines
from tests.support.packages import built, output
from tests.support.sources import ROOT

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

USER = "anna"
HOME = f"/home/{USER}"
SEEN_AT = "/srv/repository"
PAGE = ROOT / "docs/how-to/install-the-package.md"
README = ROOT / "README.md"
CHANGE = ROOT / "docs/how-to/change-account-and-group.md"
SECTION = re.compile(r"^## (.*)$", re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, section: str) -> list[str]:
    """Return the shell blocks of one section of a page; of what stands before the first one where none is named."""
    parts = SECTION.split(page.read_text(encoding="utf-8"))
    text = dict(zip(["", *parts[1::2]], parts[0::2], strict=True))[section]
    found = BLOCK.findall(text)
    assert found, f"{page.name} has no commands in {section!r}"
    return found


@pytest.fixture(scope="module")
def repository(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a signed repository, as docs/how-to/build-the-package.md makes one, with the package of this checkout."""
    folder = tmp_path_factory.mktemp(f"page-{suite}")
    package = built(suite, folder / "built")
    home = folder / "gnupg"
    home.mkdir(mode=0o700)
    environment = {"PATH": os.environ["PATH"], "GNUPGHOME": str(home), "LC_ALL": "C.UTF-8"}
    served = folder / "served"
    key = output("scripts/build-repo", str(served), "--new-key", "test <test@decnet.invalid>", environment=environment)
    words = (str(served), "--key", key.strip(), "--uri", f"file:{SEEN_AT}", str(package.file))
    output("scripts/build-repo", *words, environment=environment)
    served.chmod(0o755)
    yield served
    # gpg has started an agent for this folder
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    shutil.rmtree(home)


def newcomer(machine: Machine) -> Machine:
    """Let somebody have an account, sudo, and in the home folder what was fetched."""
    machine.run(["useradd", "--create-home", "--shell", "/bin/bash", USER])
    machine.put(f"/etc/sudoers.d/{USER}", f"{USER} ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)
    machine.run(["sh", "-c", f"cp {SEEN_AT}/pool/{machine.suite}/*.deb {HOME}/"])
    return machine


@pytest.fixture(scope="module")
def ground(lab: Lab, suite: str, repository: Path) -> Iterator[Machine]:
    """Give a layer on which somebody installed decnet from the repository, as the page says."""
    with machines(lab) as boot:
        machine = newcomer(boot(suite=suite, binds={repository: SEEN_AT}))
        _, from_repository, look = blocks(PAGE, "Install")
        typed(machine, from_repository)
        machine.wait_until(["decnet", "services"])
        shown = typed(machine, look)
        assert "active (running)" in shown.stdout
        machine.power_off()
        machine.become_layer()
        yield machine


@pytest.fixture
def installed(machine: Machines, ground: Machine, repository: Path) -> Machine:
    """Give a machine on which all services are well."""
    booted = machine(on=ground, binds={repository: SEEN_AT})
    booted.wait_until(["decnet", "services"])
    return booted


def typed(machine: Machine, block: str, *, check: bool = True) -> Finished:
    """Let the user type a block of a page, names of files and versions as they are here; each line has to go well."""
    release = {"bookworm": "deb12", "trixie": "deb13"}[machine.suite]
    script = "set -e\n" + block.replace("+deb12", f"+{release}")
    environment = {"HOME": HOME, "PAGER": "cat", "SYSTEMD_PAGER": "cat"}
    command = ["sh", "-c", f'cd {HOME} && exec bash -c "$1"', "sh", script]
    return machine.run(command, user=USER, environment=environment, check=check, deadline_seconds=300)


def group_of(machine: Machine) -> str:
    """Return the group of the services."""
    return machine.output("systemctl", "show", "--value", "--property", "Group", "decnet-bus.service")


def test_it_is_installed_from_a_file(machine: Machines, suite: str, repository: Path) -> None:
    booted = newcomer(machine(suite=suite, binds={repository: SEEN_AT}))
    from_file, _, look = blocks(PAGE, "Install")
    typed(booted, from_file)
    booted.wait_until(["decnet", "services"])
    typed(booted, look)


@pytest.mark.parametrize("way", [0, 1], ids=["by debconf", "by a file"])
def test_answers_are_given_before(machine: Machines, suite: str, repository: Path, way: int) -> None:
    booted = newcomer(machine(suite=suite, binds={repository: SEEN_AT}))
    typed(booted, "\n".join(blocks(PAGE, "Install")[1].splitlines()[:-1]))
    typed(booted, blocks(PAGE, "Install without being asked")[way])
    booted.wait_until(["decnet", "services"])
    assert group_of(booted) == "secops"


def test_the_group_is_changed(installed: Machine) -> None:
    (change,) = blocks(PAGE, "Change the group, the account, the role")
    typed(installed, change)
    installed.wait_until(["decnet", "services"])
    assert group_of(installed) == "secops"
    assert typed(installed, "sudo decnet configure diff DECNET_GROUP=decnet", check=False).returncode == 4
    typed(installed, "sudo dpkg-reconfigure --frontend noninteractive decnet")
    assert group_of(installed) == "secops"


def test_what_is_changed_is_looked_at_before_and_taken_back_after(installed: Machine) -> None:
    """Every command but the one that asks, which a terminal is needed for."""
    asking, *changes = blocks(CHANGE, "")[0].splitlines()
    assert asking.startswith("decnet configure ")
    for line in changes:
        typed(installed, f"sudo {line}")
    assert group_of(installed) == "secops"
    diff, rollback = blocks(CHANGE, "")[1].splitlines()
    assert typed(installed, f"sudo {diff}", check=False).returncode == 0
    typed(installed, f"sudo {rollback}")
    installed.wait_until(["decnet", "services"])
    (again,) = blocks(CHANGE, "When it was interrupted")
    typed(installed, "".join(f"sudo {line}\n" for line in again.splitlines()))


def test_it_is_upgraded_by_itself(installed: Machine) -> None:
    """unattended-upgrades takes the repository for one that it may use."""
    (allow,) = blocks(PAGE, "Upgrade")
    typed(installed, allow)
    said = typed(installed, "sudo unattended-upgrade --dry-run --verbose").stdout
    assert "origin=DECNET" in said


def test_it_goes_back_to_an_older_version(installed: Machine) -> None:
    """To the same version here: the way is what is tried."""
    installed.run(["decnet", "store", "backup", "/var/lib/decnet-package/here.db"])
    (back,) = blocks(PAGE, "Go back to an older version")
    backup = re.search(r"/var/lib/\S*\.db", back)
    assert backup
    typed(
        installed,
        back.replace(backup[0], "/var/lib/decnet-package/here.db").replace("--allow", "--reinstall --yes --allow"),
    )
    installed.wait_until(["decnet", "services"])


def test_it_is_removed_and_purged(installed: Machine) -> None:
    remove, consent = blocks(PAGE, "Remove")
    removed, purged = remove.splitlines()
    typed(installed, removed.replace("apt-get", "apt-get --yes"))
    assert installed.run(["test", "-d", "/var/lib/decnet/store"], check=False).returncode == 0
    typed(installed, consent)
    typed(installed, purged.replace("apt-get", "DEBIAN_FRONTEND=noninteractive apt-get --yes"))
    assert installed.run(["test", "-e", "/var/lib/decnet"], check=False).returncode == 1


def test_the_life_that_the_first_page_tells_of_can_be_lived(machine: Machines, suite: str, repository: Path) -> None:
    booted = newcomer(machine(suite=suite, binds={repository: SEEN_AT}))
    install, life = blocks(README, "Install it")
    typed(booted, install)
    booted.wait_until(["decnet", "services"])
    for line in life.splitlines():
        typed(booted, line.replace("apt-get", "DEBIAN_FRONTEND=noninteractive apt-get --yes"))
        if "configure set" in line:
            assert group_of(booted) == "secops"
    assert booted.run(["test", "-e", "/etc/decnet"], check=False).returncode == 1
    assert booted.run(["test", "-d", "/var/lib/decnet/store"], check=False).returncode == 0
