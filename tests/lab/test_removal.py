# SPDX-License-Identifier: MIT
"""The package removed, installed again, and purged: what stays, and that nothing else does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decnet.catalog import SERVICES
from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from tests.support.machines import Machines, machines
from tests.support.packages import Package, built
from tests.support.sources import expect_none

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

ACCOUNTS = ("honey", "honey-decoys", "honey-netns")
ANSWERS = "decnet decnet/user string honey\ndecnet decnet/group string secops\n"
ADDRESS = "127.20.0.61"
PORT = "2022"
FLEET = f"""\
[fleet]
name = kept

[decoy web01]
archetype = linux-server
address = {ADDRESS}

[decoy web01/ssh]
port = {PORT}
accounts = root:welcome1
"""
ATTACK = (
    *("sshpass", "-p", "welcome1", "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "LogLevel=ERROR", "-p", PORT, f"root@{ADDRESS}", "echo reached"),
)
EVIDENCE = ("decnet", "evidence", "list", "--limit", "1000", "--format", "json")
# /run and /tmp are file systems of their own
FIND = ("find", "/", "/run", "/tmp", "-xdev", "-iname", "*decnet*")
# what says that an account is there; no other file of /etc may name one
DATABASES = {f"/etc/{name}{suffix}" for name in ("passwd", "shadow", "group", "gshadow") for suffix in ("", "-")}


@pytest.fixture(scope="module")
def package(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Give the package of this checkout."""
    return built(suite, tmp_path_factory.mktemp(f"removed-{suite}"))


@pytest.fixture(scope="module")
def before(lab: Lab, suite: str) -> Iterator[list[str]]:
    """Give what is called after decnet on a machine that never had it."""
    with machines(lab) as boot:
        yield boot(suite=suite).output(*FIND).splitlines()


@pytest.fixture(scope="module")
def installation(lab: Lab, suite: str, package: Package) -> Iterator[Machine]:
    """Give a layer on which decnet is honey of secops, with evidence in the store."""
    with machines(lab) as boot:
        machine = boot(suite=suite)
        machine.run(["debconf-set-selections"], stdin=ANSWERS)
        machine.install(package.file)
        machine.wait_until(["decnet", "services"])
        machine.run(["decnet", "deploy", "-", "--yes"], stdin=FLEET)
        machine.wait_until(ATTACK)
        machine.wait_until(["sh", "-c", "decnet evidence list --kind command | grep -q 'echo reached'"])
        machine.power_off()
        machine.become_layer()
        yield machine


@pytest.fixture
def installed(machine: Machines, installation: Machine) -> Machine:
    """Give a machine on which all services are well."""
    booted = machine(on=installation)
    booted.wait_until(["decnet", "services"])
    return booted


def evidence(machine: Machine) -> list[dict[str, Any]]:
    """Return what the store holds."""
    return [json.loads(line) for line in machine.output(*EVIDENCE).splitlines()]


def called_after_decnet(machine: Machine) -> set[str]:
    """Return every path with that name."""
    return set(machine.output(*FIND).splitlines())


def naming(machine: Machine, word: str) -> set[str]:
    """Return the files of /etc in which a word stands."""
    return set(machine.run(["grep", "-rlI", "--", word, "/etc"], check=False).stdout.splitlines())


def contents(machine: Machine, *folders: str) -> str:
    """Return a line for each file: owner, group, mode and path."""
    return machine.output("find", *folders, "-printf", "%u:%g %m %p\n")


def expect_gone(machine: Machine, left: set[str], before: list[str]) -> None:
    """Fail unless nothing of decnet is on a machine but ``left`` and what is in it, and the accounts, locked."""
    found = called_after_decnet(machine) - set(before)
    expect_none(sorted(path for path in found if path not in left))
    for word in ("decnet", *ACCOUNTS, "secops"):
        expect_none(sorted(naming(machine, word) - DATABASES))
    for account in ACCOUNTS:
        status = machine.run(["passwd", "--status", account], check=False)
        assert status.returncode == 0, f"{account} is gone"
        assert status.stdout.split()[1] == "L"
        assert machine.output("getent", "shadow", account).split(":")[7] == "1"
    assert machine.output("systemctl", "list-units", "--all", "--plain", "--no-legend", "decnet*") == ""
    assert machine.run(["systemctl", "list-unit-files", "--plain", "--no-legend", "decnet*"], check=False).stdout == ""
    assert machine.failed_units() == []
    assert machine.run(["debconf-show", "decnet"], check=False).stdout == ""
    assert machine.run(["dpkg", "--status", "decnet"], check=False).returncode == 1
    assert "decnet" not in machine.output("dpkg-statoverride", "--list")
    assert machine.output("dpkg", "--audit") == ""


def test_a_removed_package_runs_nothing_and_keeps_everything(installed: Machine) -> None:
    before = contents(installed, "/etc/decnet", "/var/lib/decnet-package/secrets", "/var/lib/decnet")
    conf = installed.pull("/etc/decnet/package.conf")
    installed.apt("remove", "decnet")
    assert installed.output("systemctl", "list-units", "--plain", "--no-legend", "decnet*") == ""
    assert installed.run(["test", "-e", "/run/decnet"], check=False).returncode == 1
    assert installed.run(["test", "-e", "/opt/decnet"], check=False).returncode == 1
    assert installed.pull("/etc/decnet/package.conf") == conf
    kept = contents(installed, "/etc/decnet", "/var/lib/decnet-package/secrets", "/var/lib/decnet").splitlines()
    # what a stopping database takes along is no data
    expect_none([line for line in set(before.splitlines()) - set(kept) if not line.endswith(("-wal", "-shm"))])
    assert installed.failed_units() == []
    installed.reboot()
    assert installed.failed_units() == []


def test_a_package_that_comes_back_is_who_it_was_and_has_its_evidence(installed: Machine, package: Package) -> None:
    """Nobody is asked: debconf forgets, the file does not."""
    before = evidence(installed)
    installed.apt("remove", "decnet")
    installed.run(["sh", "-c", "echo PURGE | debconf-communicate decnet"])
    installed.install(package.file)
    installed.wait_until(["decnet", "services"])
    for service in SERVICES:
        unit = f"decnet-{service.name}.service"
        shown = installed.output("systemctl", "show", "--value", "--property", "User,Group", unit).split()
        isolated = f"honey-{service.account}"
        assert shown == ([isolated, isolated] if service.account else ["honey", "secops"])
    after = evidence(installed)
    assert [row["cursor"] for row in after][: len(before)] == [row["cursor"] for row in before]
    assert installed.output("stat", "-c", "%U:%G %a", "/run/decnet/bus.sock") == "honey:secops 660"
    installed.wait_until(ATTACK)
    installed.run(["decnet", "doctor"])


def test_purging_leaves_the_evidence_that_nobody_gave_up_and_locked_accounts(installed: Machine, before: list[str]) -> None:
    installed.run(["sh", "-c", "echo '# mine' >>/etc/logrotate.d/decnet"])
    purged = installed.apt("purge", "decnet")
    assert "the evidence is kept in /var/lib/decnet" in purged.stderr + purged.stdout
    kept = {"/var/lib/decnet", "/var/lib/decnet-package", "/var/lib/decnet/store/decnet.db"}
    expect_gone(installed, kept, before)
    files = installed.output("find", "/var/lib/decnet", "/var/lib/decnet-package", "-type", "f").splitlines()
    tops = {"/".join(path.split("/")[:5]) for path in files}
    assert tops <= {*(f"/var/lib/decnet/{name}" for name in ("store", "blobs", "spool")), "/var/lib/decnet-package/secrets"}
    assert "/var/lib/decnet/store/decnet.db" in files


def test_purging_with_consent_leaves_nothing(installed: Machine, before: list[str]) -> None:
    installed.run(["debconf-set-selections"], stdin="decnet decnet/purge-evidence boolean true\n")
    installed.apt("purge", "decnet")
    expect_gone(installed, set(), before)
    installed.reboot()
    expect_gone(installed, set(), before)


def test_evidence_that_was_kept_is_there_when_the_package_comes_back(installed: Machine, package: Package) -> None:
    """The keys were kept with it, and the accounts with their numbers; the answers are asked anew."""
    before = evidence(installed)
    installed.apt("purge", "decnet")
    installed.run(["debconf-set-selections"], stdin=ANSWERS)
    installed.install(package.file)
    installed.wait_until(["decnet", "services"])
    after = evidence(installed)
    assert [row["cursor"] for row in after][: len(before)] == [row["cursor"] for row in before]
    installed.run(["decnet", "store", "check"])
    installed.wait_until(["decnet", "doctor"])


def test_purging_works_after_the_accounts_were_deleted_by_hand(installed: Machine, before: list[str]) -> None:
    installed.apt("remove", "decnet")
    for account in ACCOUNTS:
        installed.run(["userdel", account])
    installed.apt("purge", "decnet")
    assert called_after_decnet(installed) - set(before) == {
        "/var/lib/decnet",
        "/var/lib/decnet-package",
        "/var/lib/decnet/store/decnet.db",
    }


def test_purging_works_without_debconf(installed: Machine, before: list[str]) -> None:
    """Nobody could be asked, so nobody agreed."""
    installed.apt("remove", "decnet")
    installed.run(["dpkg", "--purge", "--force-all", "debconf", "debconf-utils", "apt-utils"])
    installed.run(["dpkg", "--purge", "decnet"])
    assert called_after_decnet(installed) - set(before) == {
        "/var/lib/decnet",
        "/var/lib/decnet-package",
        "/var/lib/decnet/store/decnet.db",
    }
    assert installed.run(["dpkg", "--status", "decnet"], check=False).returncode == 1


def test_nothing_wants_a_restart_after_the_package_was_installed_again(installed: Machine, package: Package) -> None:
    """Services that go on with programs that are gone would be named."""
    path = f"/srv/{package.file.name}"
    installed.put(path, Path(package.file).read_bytes())
    installed.apt("install", "--reinstall", path)
    installed.wait_until(["decnet", "services"])
    listed = installed.run(["needrestart", "-b", "-r", "l"], check=False).stdout
    assert "NEEDRESTART-VER" in listed
    expect_none([line for line in listed.splitlines() if line.startswith("NEEDRESTART-SVC") and "decnet" in line])
