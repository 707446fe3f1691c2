# SPDX-License-Identifier: MIT
"""What the pages about the package say can be done is done: by a new user with sudo, on a machine that has booted."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.program import Finished
from tests.support.interruptions import let_die
from tests.support.machines import Machines, machines
from tests.support.packaged import Packaged
from tests.support.repositories import SEEN_AT, Repository
from tests.support.sources import ROOT

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

USER = "anna"
HOME = f"/home/{USER}"
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


def newcomer(machine: Machine) -> Packaged:
    """Let somebody have an account, sudo, and in the home folder what was fetched."""
    machine.run(["useradd", "--create-home", "--shell", "/bin/bash", USER])
    machine.put(f"/etc/sudoers.d/{USER}", f"{USER} ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)
    machine.run(["sh", "-c", f"cp {SEEN_AT}/pool/{machine.suite}/*.deb {HOME}/"])
    return Packaged(machine)


@pytest.fixture(scope="module")
def ground(lab: Lab, suite: str, repository: Repository) -> Iterator[Machine]:
    """Give a layer on which somebody installed decnet from the repository, as the page says."""
    with machines(lab) as boot:
        packaged = newcomer(boot(suite=suite, binds={repository.folder: SEEN_AT}))
        _, from_repository, look = blocks(PAGE, "Install")
        typed(packaged, from_repository)
        packaged.until_well()
        shown = typed(packaged, look)
        assert "active (running)" in shown.stdout
        packaged.machine.power_off()
        packaged.machine.become_layer()
        yield packaged.machine


@pytest.fixture
def installed(machine: Machines, ground: Machine, repository: Repository) -> Packaged:
    """Give a machine on which all services are well."""
    packaged = Packaged(machine(on=ground, binds={repository.folder: SEEN_AT}))
    packaged.until_well()
    return packaged


def typed(packaged: Packaged, block: str, *, check: bool = True) -> Finished:
    """Let the user type a block of a page, names of files and versions as they are here; each line has to go well."""
    release = {"bookworm": "deb12", "trixie": "deb13"}[packaged.machine.suite]
    script = "set -e -o pipefail\n" + block.replace("+deb12", f"+{release}")
    environment = {"HOME": HOME, "PAGER": "cat", "SYSTEMD_PAGER": "cat"}
    command = ["sh", "-c", f'cd {HOME} && exec bash -c "$1"', "sh", script]
    return packaged.machine.run(command, user=USER, environment=environment, check=check, deadline_seconds=300)


def test_it_is_installed_from_a_file(machine: Machines, suite: str, repository: Repository) -> None:
    booted = newcomer(machine(suite=suite, binds={repository.folder: SEEN_AT}))
    from_file, _, look = blocks(PAGE, "Install")
    typed(booted, from_file)
    booted.until_well()
    typed(booted, look)


@pytest.mark.parametrize("way", [0, 1], ids=["by debconf", "by a file"])
def test_answers_are_given_before(machine: Machines, suite: str, repository: Repository, way: int) -> None:
    booted = newcomer(machine(suite=suite, binds={repository.folder: SEEN_AT}))
    typed(booted, "\n".join(blocks(PAGE, "Install")[1].splitlines()[:-1]))
    typed(booted, blocks(PAGE, "Install without being asked")[way])
    booted.until_well()
    assert booted.show("bus", "Group") == "secops"


def test_the_group_is_changed(installed: Packaged) -> None:
    (change,) = blocks(PAGE, "Change the group, the account, the role")
    typed(installed, change)
    installed.until_well()
    assert installed.show("bus", "Group") == "secops"
    assert typed(installed, "sudo decnet configure diff DECNET_GROUP=decnet", check=False).returncode == 4
    typed(installed, "sudo dpkg-reconfigure --frontend noninteractive decnet")
    assert installed.show("bus", "Group") == "secops"


def test_what_is_changed_is_looked_at_before_and_taken_back_after(installed: Packaged) -> None:
    """Every command but the one that asks, which a terminal is needed for."""
    asking, *changes = blocks(CHANGE, "")[0].splitlines()
    assert asking.startswith("decnet configure ")
    for line in changes:
        typed(installed, f"sudo {line}")
    assert installed.show("bus", "Group") == "secops"
    diff, rollback = blocks(CHANGE, "")[1].splitlines()
    assert typed(installed, f"sudo {diff}", check=False).returncode == 0
    typed(installed, f"sudo {rollback}")
    installed.until_well()
    (again,) = blocks(CHANGE, "When it was interrupted")
    typed(installed, "".join(f"sudo {line}\n" for line in again.splitlines()))


def test_it_is_upgraded_by_itself(installed: Packaged) -> None:
    """unattended-upgrades takes the repository for one that it may use."""
    allow, _, stay = blocks(PAGE, "Upgrade")
    typed(installed, allow)
    hold, unhold = stay.splitlines()
    typed(installed, hold)
    assert installed.machine.output("apt-mark", "showhold") == "decnet"
    typed(installed, unhold)
    assert installed.machine.output("apt-mark", "showhold") == ""
    said = typed(installed, "sudo unattended-upgrade --dry-run --verbose").stdout
    assert "origin=DECNET" in said


def test_an_upgrade_that_was_interrupted_goes_on(installed: Packaged) -> None:
    let_die(installed.machine, "decnet", "postrm")
    installed.machine.run(["apt-get", "install", "--reinstall", "--yes", "decnet"], check=False, deadline_seconds=120)
    _, again, _ = blocks(PAGE, "Upgrade")
    assert installed.doctor().returncode == 3
    typed(installed, again.replace("apt-get", "apt-get --yes"))
    installed.machine.wait_until(["decnet", "doctor"])


def test_decoys_are_put_up_where_the_page_says_that_they_listen(installed: Packaged) -> None:
    (up,) = blocks(PAGE, "Put decoys up")
    shown = typed(installed, up)
    ports = {22: 20022, 80: 20080}
    text = PAGE.read_text(encoding="utf-8") + README.read_text(encoding="utf-8")
    for port, there in ports.items():
        assert f"{port} is {there}" in shown.stderr
        assert f":{there}" in shown.stdout
        assert str(there) in text


def test_what_was_backed_up_is_there_again(installed: Packaged) -> None:
    save, back = blocks(PAGE, "Back up and restore")
    typed(installed, blocks(PAGE, "Put decoys up")[0])
    decoys = installed.machine.output("decnet", "status", "--format", "json")
    typed(installed, save)
    kept = installed.machine.output("tar", "--list", "--file", "/var/backups/decnet-keys.tar").splitlines()
    assert {"secrets/store.key", "secrets/sealing.key"} <= set(kept)
    installed.machine.run(["decnet", "teardown", "--all", "--yes"])
    typed(installed, back)
    installed.until_well()
    names = {json.loads(line)["name"] for line in decoys.splitlines()}
    program = 'decnet status --format json | grep -c \'"name":"web-server\'; test $(decnet status --format json | wc -l) = '
    installed.machine.wait_until(["sh", "-c", f"{program}{len(names)}"])


def test_every_section_with_commands_is_walked() -> None:
    """A section that somebody adds is tried as well, or this page promises what nobody saw."""
    parts = SECTION.split(PAGE.read_text(encoding="utf-8"))
    with_commands = {name for name, text in zip(["", *parts[1::2]], parts[0::2], strict=True) if BLOCK.search(text)}
    walked = set(re.findall(r'blocks\(PAGE, "([^"]+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert with_commands == walked


def test_it_goes_back_to_an_older_version(installed: Packaged) -> None:
    """To the same version here: the way is what is tried."""
    installed.machine.run(["decnet", "store", "backup", "/var/lib/decnet-package/here.db"])
    (back,) = blocks(PAGE, "Go back to an older version")
    backup = re.search(r"/var/lib/\S*\.db", back)
    assert backup
    typed(
        installed,
        back.replace(backup[0], "/var/lib/decnet-package/here.db").replace("--allow", "--reinstall --yes --allow"),
    )
    installed.until_well()


def test_it_is_removed_and_purged(installed: Packaged) -> None:
    remove, consent = blocks(PAGE, "Remove")
    removed, purged = remove.splitlines()
    typed(installed, removed.replace("apt-get", "apt-get --yes"))
    assert installed.has("/var/lib/decnet/store/.")
    typed(installed, consent)
    typed(installed, purged.replace("apt-get", "DEBIAN_FRONTEND=noninteractive apt-get --yes"))
    assert not installed.has("/var/lib/decnet")


def test_the_life_that_the_first_page_tells_of_can_be_lived(machine: Machines, suite: str, repository: Repository) -> None:
    booted = newcomer(machine(suite=suite, binds={repository.folder: SEEN_AT}))
    install, life = blocks(README, "Install it")
    typed(booted, install)
    booted.until_well()
    for line in life.splitlines():
        typed(booted, line.replace("apt-get", "DEBIAN_FRONTEND=noninteractive apt-get --yes"))
        if "configure set" in line:
            assert booted.show("bus", "Group") == "secops"
    assert not booted.has("/etc/decnet")
    assert booted.has("/var/lib/decnet/store/.")
