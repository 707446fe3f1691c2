# SPDX-License-Identifier: MIT
"""What the configurator does on a machine that runs, where its verbs take away, leave and come back."""

import pytest

from decnet.catalog import SERVICES
from scripts.lib.lab.machine import Machine
from tests.support.machines import Machines
from tests.support.packaged import HONEY, Installed, Packaged

pytestmark = pytest.mark.lab

ACCOUNTS = (HONEY.user, *HONEY.isolated_accounts.values())
ACTIVE = ("systemctl", "list-units", "--state=active,activating", "--plain", "--no-legend", "decnet*")


@pytest.fixture
def honey(machine: Machines, honey_installation: Installed) -> Packaged:
    """Give a machine of its own on which decnet is honey of secops."""
    layer = honey_installation.layer
    packaged = Packaged(machine(on=layer, hostname=layer.hostname), HONEY)
    packaged.until_well()
    return packaged


def expiry(machine: Machine) -> set[str]:
    """Return on which days the accounts of the services expire."""
    return {machine.output("getent", "shadow", account).split(":")[7] for account in ACCOUNTS}


def groups(packaged: Packaged) -> dict[str, set[str]]:
    """Return the groups that every running service really has, by their names."""
    found = {}
    for row in SERVICES:
        status = packaged.machine.output("cat", f"/proc/{packaged.process(row.name)}/status")
        line = next(line for line in status.splitlines() if line.startswith("Groups:"))
        found[row.name] = {packaged.machine.output("getent", "group", gid).split(":")[0] for gid in line.split()[1:]}
    return found


def test_what_was_purged_comes_back_whole_and_without_the_groups_it_had(honey: Packaged) -> None:
    booted = honey.machine
    booted.run(["decnet", "configure", "set", "DECNET_GROUP=sudo"])
    assert "sudo" in groups(honey)["bus"]
    refused = booted.run(["decnet", "configure", "unrender", "--purge", "--purge-evidence"], check=False)
    assert refused.returncode == 1
    honey.until_well()
    booted.run(["decnet", "configure", "unrender", "--purge", "--purge-evidence", "--yes"])
    assert booted.output(*ACTIVE) == ""
    assert expiry(booted) == {"1"}
    assert "honey" not in booted.output("getent", "group", "sudo")
    booted.run(["decnet", "configure", "apply", "DECNET_USER=honey", "DECNET_GROUP=secops"])
    honey.until_well()
    assert expiry(booted) == {""}
    assert not [name for name, its in groups(honey).items() if "sudo" in its]
    honey.deploy()
    booted.wait_until(honey.ssh("echo reached"))
    honey.until_recorded(["reached"])
    assert honey.doctor().returncode == 0
    assert booted.failed_units() == []


def test_an_environment_without_anything_in_it_leaves_no_membership_behind(honey: Packaged) -> None:
    booted = honey.machine
    done = booted.run(["env", "-i", "/usr/bin/decnet", "configure", "set", "DECNET_GROUP=ops2"])
    assert "warning" not in done.stderr
    assert booted.output("getent", "group", "secops").endswith(":")
    assert groups(honey)["bus"] == {"ops2"}
    honey.until_well()


def test_a_group_that_somebody_gave_to_a_service_is_named_and_goes_as_the_doctor_says(honey: Packaged) -> None:
    booted = honey.machine
    booted.run(["gpasswd", "-a", "honey", "sudo"])
    said = honey.doctor()
    assert said.returncode != 0
    line = next(line for line in said.stdout.splitlines() if "gpasswd -d honey sudo" in line)
    booted.run(["sh", "-c", line.partition("to mend it: ")[2]])
    honey.until_well()
    assert not [name for name, its in groups(honey).items() if "sudo" in its]
    assert honey.doctor().returncode == 0
