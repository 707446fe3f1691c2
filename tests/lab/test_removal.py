# SPDX-License-Identifier: MIT
"""The package removed, installed again, and purged: what stays, and that nothing else does."""

from collections.abc import Iterator

import pytest

from decnet.catalog import SERVICES
from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from tests.support.machines import Machines, machines
from tests.support.packaged import HONEY, Packaged
from tests.support.packages import Package
from tests.support.sources import expect_none

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

ACCOUNTS = ("honey", "honey-decoys", "honey-netns")
# /run and /tmp are file systems of their own
FIND = ("find", "/", "/run", "/tmp", "-xdev", "-iname", "*decnet*")
# what says that an account is there; no other file of /etc may name one
DATABASES = {f"/etc/{name}{suffix}" for name in ("passwd", "shadow", "group", "gshadow") for suffix in ("", "-")}


@pytest.fixture(scope="module")
def before(lab: Lab, suite: str) -> Iterator[list[str]]:
    """Give what is called after decnet on a machine that never had it."""
    with machines(lab) as boot:
        yield boot(suite=suite).output(*FIND).splitlines()


@pytest.fixture(scope="module")
def installation(lab: Lab, suite: str, package: Package) -> Iterator[Machine]:
    """Give a layer on which decnet is honey of secops, with evidence in the store."""
    with machines(lab) as boot:
        packaged = Packaged(boot(suite=suite), HONEY)
        packaged.answer_with_identity()
        packaged.machine.install(package.file)
        packaged.until_well()
        packaged.deploy()
        packaged.machine.wait_until(packaged.ssh("echo reached"))
        packaged.until_recorded(["reached"])
        packaged.machine.power_off()
        packaged.machine.become_layer()
        yield packaged.machine


@pytest.fixture
def installed(machine: Machines, installation: Machine) -> Packaged:
    """Give a machine on which all services are well."""
    packaged = Packaged(machine(on=installation), HONEY)
    packaged.until_well()
    return packaged


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


def test_a_removed_package_runs_nothing_and_keeps_everything(installed: Packaged) -> None:
    booted = installed.machine
    before = contents(booted, "/etc/decnet", "/var/lib/decnet-package/secrets", "/var/lib/decnet")
    conf = booted.pull("/etc/decnet/package.conf")
    booted.apt("remove", "decnet")
    assert booted.output("systemctl", "list-units", "--plain", "--no-legend", "decnet*") == ""
    assert booted.run(["test", "-e", "/run/decnet"], check=False).returncode == 1
    assert booted.run(["test", "-e", "/opt/decnet"], check=False).returncode == 1
    assert booted.pull("/etc/decnet/package.conf") == conf
    kept = contents(booted, "/etc/decnet", "/var/lib/decnet-package/secrets", "/var/lib/decnet").splitlines()
    # what a stopping database takes along is no data
    expect_none([line for line in set(before.splitlines()) - set(kept) if not line.endswith(("-wal", "-shm"))])
    assert booted.failed_units() == []
    booted.reboot()
    assert booted.failed_units() == []


def test_a_package_that_comes_back_is_who_it_was_and_has_its_evidence(installed: Packaged, package: Package) -> None:
    """Nobody is asked: debconf forgets, the file does not."""
    booted, before = installed.machine, list(installed.records())
    booted.apt("remove", "decnet")
    booted.run(["sh", "-c", "echo PURGE | debconf-communicate decnet"])
    booted.install(package.file)
    installed.until_well()
    for service in SERVICES:
        shown = [installed.show(service.name, "User"), installed.show(service.name, "Group")]
        isolated = f"honey-{service.account}"
        assert shown == ([isolated, isolated] if service.account else ["honey", "secops"])
    after = list(installed.records())
    assert [row["cursor"] for row in after][: len(before)] == [row["cursor"] for row in before]
    assert booted.output("stat", "-c", "%U:%G %a", "/run/decnet/bus.sock") == "honey:secops 660"
    booted.wait_until(installed.ssh("echo reached"))
    booted.run(["decnet", "doctor"])


def test_purging_leaves_the_evidence_that_nobody_gave_up_and_locked_accounts(installed: Packaged, before: list[str]) -> None:
    booted = installed.machine
    booted.run(["sh", "-c", "echo '# mine' >>/etc/logrotate.d/decnet"])
    purged = booted.apt("purge", "decnet")
    assert "the evidence is kept in /var/lib/decnet" in purged.stderr + purged.stdout
    kept = {"/var/lib/decnet", "/var/lib/decnet-package", "/var/lib/decnet/store/decnet.db"}
    expect_gone(booted, kept, before)
    files = booted.output("find", "/var/lib/decnet", "/var/lib/decnet-package", "-type", "f").splitlines()
    tops = {"/".join(path.split("/")[:5]) for path in files}
    assert tops <= {*(f"/var/lib/decnet/{name}" for name in ("store", "blobs", "spool")), "/var/lib/decnet-package/secrets"}
    assert "/var/lib/decnet/store/decnet.db" in files


def test_purging_with_consent_leaves_nothing(installed: Packaged, before: list[str]) -> None:
    booted = installed.machine
    booted.run(["debconf-set-selections"], stdin="decnet decnet/purge-evidence boolean true\n")
    booted.apt("purge", "decnet")
    expect_gone(booted, set(), before)
    booted.reboot()
    expect_gone(booted, set(), before)


def test_evidence_that_was_kept_is_there_when_the_package_comes_back(installed: Packaged, package: Package) -> None:
    """The keys were kept with it, and the accounts with their numbers; the answers are asked anew."""
    booted, before = installed.machine, list(installed.records())
    booted.apt("purge", "decnet")
    installed.answer_with_identity()
    booted.install(package.file)
    installed.until_well()
    after = list(installed.records())
    assert [row["cursor"] for row in after][: len(before)] == [row["cursor"] for row in before]
    booted.run(["decnet", "store", "check"])
    booted.wait_until(["decnet", "doctor"])


def test_purging_works_after_the_accounts_were_deleted_by_hand(installed: Packaged, before: list[str]) -> None:
    booted = installed.machine
    booted.apt("remove", "decnet")
    for account in ACCOUNTS:
        booted.run(["userdel", account])
    booted.apt("purge", "decnet")
    assert called_after_decnet(booted) - set(before) == {
        "/var/lib/decnet",
        "/var/lib/decnet-package",
        "/var/lib/decnet/store/decnet.db",
    }


def test_purging_works_without_debconf(installed: Packaged, before: list[str]) -> None:
    """Nobody could be asked, so nobody agreed."""
    booted = installed.machine
    booted.apt("remove", "decnet")
    booted.run(["dpkg", "--purge", "--force-all", "debconf", "debconf-utils", "apt-utils"])
    booted.run(["dpkg", "--purge", "decnet"])
    assert called_after_decnet(booted) - set(before) == {
        "/var/lib/decnet",
        "/var/lib/decnet-package",
        "/var/lib/decnet/store/decnet.db",
    }
    assert booted.run(["dpkg", "--status", "decnet"], check=False).returncode == 1
