# SPDX-License-Identifier: MIT
"""``dpkg-reconfigure`` and ``decnet configure``: another identity on a host that works, even while it is attacked."""

import re

import pytest

from scripts.lib.lab.program import Finished
from tests.support.attacks import expect_all_kept, under_attack
from tests.support.packaged import UNATTENDED, Packaged

pytestmark = pytest.mark.lab

RECONFIGURE = ("dpkg-reconfigure", "-fnoninteractive", "decnet")
CONF = "/etc/decnet/package.conf"
IDENTITY_DROP_IN = "/etc/systemd/system/decnet-bus.service.d/10-decnet-identity.conf"
OVERRIDE = "/etc/systemd/system/decnet-agent.service.d/override.conf"
# runs a command and kills it as soon as the journal says that a step has begun
KILLED = """\
import pathlib, subprocess, sys
step, *command = sys.argv[1:]
journal = pathlib.Path("/var/lib/decnet-package/journal")
with subprocess.Popen(command) as process:
    while process.poll() is None:
        if journal.exists() and f"step {step}\\n" in journal.read_text():
            process.kill()
            break
sys.exit(process.returncode != -9)
"""
BLOBS = "/var/lib/decnet/blobs"
LINKS = f"""\
cd {BLOBS} && echo 1 > theirs && chgrp third theirs && echo 1 > /srv/outside && chgrp secops /srv/outside
ln -s /etc/shadow worse && ln -s /srv/outside evil && chgrp -h secops worse evil
"""
STEPS = ("owners", "folders", "services")


def reconfigure(honey: Packaged) -> Finished:
    """Configure the package again, without anybody to answer."""
    return honey.machine.run(RECONFIGURE, environment=UNATTENDED, deadline_seconds=180)


def write_group(honey: Packaged, group: str) -> None:
    """Write another group into package.conf, as an operator with an editor does."""
    honey.machine.run(["sed", "-i", f"s/^DECNET_GROUP=.*/DECNET_GROUP={group}/", CONF])


def group_is(honey: Packaged, group: str, before: dict[str, int]) -> None:
    """See that everything has a group now and works."""
    machine = honey.machine
    honey.until_well()
    assert machine.failed_units() == []
    assert honey.show("bus", "Group") == group
    stat = ("stat", "--format=%G", "/run/decnet", "/run/decnet/bus.sock", "/var/lib/decnet/store/decnet.db", "/var/log/decnet")
    assert set(machine.output(*stat).splitlines()) == {group}
    assert all(process not in {0, before[name]} for name, process in honey.processes().items())
    assert machine.output("id", "-Gn", "honey").split()[1:] == [group]
    assert machine.output("find", *("/var/lib/decnet", "/run/decnet", "/var/log/decnet"), "-group", "secops") == ""
    assert {decoy["state"] for decoy in honey.lines("status")} == {"up"}
    assert machine.run(["decnet", "doctor"], check=False).returncode == 0


@pytest.mark.bookworm
def test_without_a_change_nothing_is_written_and_nothing_restarts(honey: Packaged) -> None:
    """What an operator changed with systemctl edit stays, and counts."""
    machine = honey.machine
    machine.put(OVERRIDE, "[Service]\nTimeoutStopSec=77\n")
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["touch", "/srv/stamp"])
    before = honey.processes()
    for _ in range(2):
        reconfigure(honey)
    assert machine.output("find", "/etc", "-newer", "/srv/stamp", "-not", "-path", "/etc") == ""
    assert honey.processes() == before
    assert honey.show("agent", "TimeoutStopUSec") == "1min 17s"


@pytest.mark.bookworm
def test_an_edited_drop_in_is_kept_and_ours_is_laid_beside_it(honey: Packaged) -> None:
    machine = honey.machine
    machine.run(["sh", "-c", f"cp {IDENTITY_DROP_IN} /srv/kept; echo '# mine' >> {IDENTITY_DROP_IN}"])
    said = reconfigure(honey)
    assert f"warning: {IDENTITY_DROP_IN} was edited and stays as it is" in said.stderr + said.stdout
    assert machine.output("tail", "-n", "1", IDENTITY_DROP_IN) == "# mine"
    assert machine.output("cat", f"{IDENTITY_DROP_IN}.decnet-new") == machine.output("cat", "/srv/kept")
    machine.run(["cp", "/srv/kept", IDENTITY_DROP_IN])
    reconfigure(honey)
    assert machine.run(["test", "-e", f"{IDENTITY_DROP_IN}.decnet-new"], check=False).returncode == 1


@pytest.mark.bookworm
def test_a_new_group_under_attack_loses_no_evidence(honey: Packaged) -> None:
    """Whatever a client was answered is in the store, once; files of others and what links lead to stay as they are."""
    machine, before = honey.machine, honey.processes()
    machine.run(["groupadd", "third"])
    # links that have the group themselves, one of them to a file that has it too: what is regrouped is the links
    machine.run(["sh", "-c", LINKS])
    with under_attack(honey) as attack:
        write_group(honey, "newops")
        reconfigure(honey)
        stat = ("stat", "--format=%G", *(f"{BLOBS}/{name}" for name in ("theirs", "evil")), "/etc/shadow", "/srv/outside")
        assert machine.output(*stat).splitlines() == ["third", "newops", "shadow", "secops"]
        machine.run(["rm", *(f"{BLOBS}/{name}" for name in ("theirs", "evil", "worse")), "/srv/outside"])
        group_is(honey, "newops", before)
        assert honey.log_in("echo afterwards") == "afterwards"
    assert len(attack.completed) > 5
    # all services stop, those that hold the ports with them
    expect_all_kept(honey, attack, ports_stay_open=False)
    found = honey.until_recorded(["afterwards"])
    assert found["afterwards"] == 1
    assert set(found) <= {*attack.begun, "afterwards"}
    machine.run(["decnet", "store", "check"])
    assert honey.show("agent", "TimeoutStopUSec") == "1min 17s"


@pytest.mark.bookworm
def test_the_command_changes_the_group_and_debconf_knows(honey: Packaged) -> None:
    before = honey.processes()
    honey.machine.run(["decnet", "configure", "set", "--group", "ops2", "--yes"], deadline_seconds=180)
    group_is(honey, "ops2", before)
    reconfigure(honey)
    assert honey.machine.output("sh", "-c", "debconf-show decnet | grep decnet/group") == "* decnet/group: ops2"
    assert honey.show("bus", "Group") == "ops2"


@pytest.mark.parametrize("step", STEPS)
def test_a_change_that_was_killed_is_named_and_finished(honey: Packaged, step: str) -> None:
    machine, group, before = honey.machine, f"after-{step}", honey.processes()
    change = ("decnet", "configure", "set", "--group", group, "--yes")
    machine.run(["python3", "-c", KILLED, step, *change], deadline_seconds=120)
    doctor = machine.run(["decnet", "doctor"], check=False)
    assert doctor.returncode == 3
    # the kill may come a step later
    assert re.search(r"the configuration stopped at the step [a-z-]+\n +to mend it: decnet configure apply", doctor.stdout)
    machine.run(["decnet", "configure", "apply"], deadline_seconds=180)
    group_is(honey, group, before)
