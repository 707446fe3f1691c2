# SPDX-License-Identifier: MIT
"""From one version to the next on booted machines, while attackers are at work: what has to go on goes on."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from decnet.catalog import SERVICES
from decnet.install.render import unit_of
from tests.support.attacks import Attack, Gap, bus_watched, expect_all_kept, under_attack
from tests.support.machines import Machines
from tests.support.packaged import UNITS, Packaged
from tests.support.releases import Releases, version_of

pytestmark = pytest.mark.lab

GAP_SECONDS = 2.0
GATED = [row.name for row in SERVICES if row.opens_store]
ORIGINS = 'Unattended-Upgrade::Origins-Pattern {{ "origin=DECNET,codename={suite}"; }};\n'
# what the version before has and the one after has not
ONLY_BEFORE = ("find", "/opt/decnet", "-name", "only_before.py")
PART = "/etc/decnet/config.ini.d/90-local.ini"


def told(record_property: Callable[[str, str], None], what: str, gap: Gap, attack: Attack) -> None:
    """Keep the numbers in the report, and show them."""
    numbers = f"{what}: the bus took no connection for {gap.seconds:.2f} s ({gap.times} times); {attack}"
    record_property("upgrade", numbers)
    sys.stdout.write(f"{numbers}\n")


@pytest.mark.bookworm
def test_an_unattended_upgrade_under_attack_loses_nothing(
    served: Callable[[Path], Packaged], releases: Releases, suite: str, record_property: Callable[[str, str], None]
) -> None:
    found = served(releases.built.file)
    booted = found.machine
    booted.put("/etc/apt/apt.conf.d/60decnet", ORIGINS.format(suite=suite))
    booted.put(PART, "[log]\nlevel = debug\n")
    booted.run(["sed", "-i", "1i # words of the operator", "/etc/decnet/package.conf"])
    assert booted.output(*ONLY_BEFORE).endswith("/decnet/only_before.py")
    before = found.processes()
    with under_attack(found) as attack, bus_watched(booted) as gap:
        said = booted.run(["unattended-upgrade", "-v"], deadline_seconds=300)
    assert "All upgrades installed" in said.stdout + said.stderr
    assert "manually" not in said.stdout + said.stderr
    found.expect_whole(releases.built.field("Version"))
    told(record_property, "unattended upgrade", gap, attack)
    expect_all_kept(found, attack)
    assert gap.times == 1
    assert gap.seconds <= GAP_SECONDS
    now = found.processes()
    assert all(before[name] != process != 0 for name, process in now.items())
    assert set(found.shown("User").values()) == {"honey", "honey-decoys"}
    assert set(found.shown("Group").values()) == {"secops", "honey-decoys"}
    assert booted.output("stat", "-c", "%U:%G %a", "/run/decnet/bus.sock") == "honey:secops 660"
    assert "# words of the operator" in booted.output("head", "-1", "/etc/decnet/package.conf")
    assert booted.output("cat", PART) == "[log]\nlevel = debug"
    assert booted.output(*ONLY_BEFORE) == ""
    assert found.stale() == []


@pytest.mark.bookworm
def test_an_upgrade_of_the_schema_under_attack_keeps_a_backup_and_leads_back(
    upgradable: Packaged, releases: Releases, record_property: Callable[[str, str], None]
) -> None:
    booted = upgradable.machine
    with under_attack(upgradable) as attack, bus_watched(booted) as gap:
        booted.install(releases.next)
    upgradable.expect_whole(version_of(releases.next))
    told(record_property, "upgrade of the schema", gap, attack)
    expect_all_kept(upgradable, attack)
    assert gap.seconds <= GAP_SECONDS
    assert "CREATE TABLE later" in upgradable.dump()
    (backup,) = upgradable.backups()
    assert "CREATE TABLE later" not in upgradable.dump(backup)
    assert booted.output("stat", "-c", "%U %a", backup) == "root 600"
    assert upgradable.is_sound(backup)

    before = upgradable.processes()
    refused = booted.install("--allow-downgrades", releases.previous, check=False)
    assert refused.returncode != 0
    upgradable.expect_whole(version_of(releases.next))
    assert upgradable.processes() == before
    (command,) = re.findall(r"systemctl stop decnet\.target && decnet store restore \S+", refused.stdout + refused.stderr)
    booted.run(["sh", "-c", command])
    booted.install("--allow-downgrades", releases.previous)
    booted.run(["systemctl", "start", "decnet.target"])
    upgradable.expect_whole(version_of(releases.previous))
    assert "CREATE TABLE later" not in upgradable.dump()
    with under_attack(upgradable, "http") as again:
        booted.wait_until(["sh", "-c", "decnet evidence list --format json --limit 1 | grep -q ."])
    expect_all_kept(upgradable, again)


@pytest.mark.bookworm
def test_what_the_operator_stopped_or_masked_or_overrode_stays_so(upgradable: Packaged, releases: Releases) -> None:
    booted = upgradable.machine
    booted.put("/etc/systemd/system/decnet-bus.service.d/override.conf", "[Service]\nNice=7\n")
    booted.run(["systemctl", "daemon-reload"])
    booted.run(["systemctl", "stop", "decnet-decoys"])
    booted.run(["systemctl", "mask", "--now", "decnet-ingester"])
    before = upgradable.processes()
    booted.install(releases.built.file)
    now = upgradable.processes()
    assert upgradable.state().startswith("ii ")
    assert upgradable.show("decoys", "ActiveState") == "inactive"
    assert upgradable.show("ingester", "LoadState") == "masked"
    assert upgradable.show("bus", "Nice") == "7"
    assert [now["decoys"], now["ingester"]] == [0, 0]
    for name in ("bus", "agent"):
        assert now[name] not in {0, before[name]}
    booted.run(["systemctl", "unmask", "decnet-ingester"])
    booted.run(["systemctl", "start", "decnet-decoys", "decnet-ingester"])
    upgradable.expect_whole(releases.built.field("Version"))


@pytest.mark.bookworm
def test_a_service_that_others_start_after_stays_as_the_operator_left_it(upgradable: Packaged, releases: Releases) -> None:
    booted = upgradable.machine
    booted.run(["systemctl", "disable", "--now", "decnet-agent"])
    before = upgradable.processes()
    booted.install(releases.built.file)
    now = upgradable.processes()
    assert [now["agent"], before["agent"]] == [0, 0]
    assert upgradable.show("agent", "UnitFileState") == "disabled"
    for name in ("bus", "decoys", "ingester"):
        assert now[name] not in {0, before[name]}
    booted.run(["systemctl", "enable", "--now", "decnet-agent"])
    upgradable.expect_whole(releases.built.field("Version"))


@pytest.mark.bookworm
def test_a_service_that_the_new_version_brings_runs_after_the_upgrade(
    machine: Machines, releases: Releases, suite: str
) -> None:
    """It would otherwise wait for the next boot, and nobody stopped it."""
    found = Packaged(machine(suite=suite))
    found.machine.install(releases.smaller)
    found.until_well()
    assert found.show("web", "LoadState") == "not-found"
    found.machine.install(releases.built.file)
    found.expect_whole(releases.built.field("Version"))
    found.machine.run(["decnet", "doctor"])


@pytest.mark.bookworm
def test_without_restart_on_upgrade_processes_stay_and_the_doctor_says_so(upgradable: Packaged, releases: Releases) -> None:
    booted = upgradable.machine
    booted.run(["decnet", "configure", "set", "DECNET_RESTART_ON_UPGRADE=no"])
    before = upgradable.processes()
    with under_attack(upgradable) as attack:
        booted.install(releases.built.file)
    assert upgradable.processes() == before
    assert upgradable.versions() == {"0.0.9"}
    said = upgradable.doctor()
    assert "still the version before" in said.stdout + said.stderr
    expect_all_kept(upgradable, attack)
    # needrestart sees it too: where it has nothing to say, it has looked
    assert set(upgradable.stale()) == set(UNITS)
    booted.run(["systemctl", "restart", *UNITS])
    upgradable.expect_whole(releases.built.field("Version"))
    assert upgradable.stale() == []
    assert "still the version before" not in upgradable.doctor().stdout


# kills every service after its files were replaced, and waits for what becomes of it
KILLED = f"""\
set -e
for name in {" ".join(row.name for row in SERVICES)}; do
	unit=decnet-$name.service
	pid=$(systemctl show --value --property MainPID $unit)
	kill -9 "$pid"
	for _ in $(seq 200); do
		now=$(systemctl show --value --property MainPID $unit)
		case " {" ".join(GATED)} " in
			*" $name "*) ! systemctl show $unit | grep -qx Result=exec-condition || break ;;
			*) [ "$now" = 0 ] || [ "$now" = "$pid" ] || ! systemctl is-active --quiet $unit || break ;;
		esac
		sleep 0.1
	done
	echo "$name $(systemctl is-active $unit) $now"
done
test -e /run/decnet-upgrade.lock && echo shut
"""


@pytest.mark.bookworm
def test_the_gate_holds_while_services_are_killed_between_unpacking_and_configuring(
    upgradable: Packaged, releases: Releases
) -> None:
    upgradable.hook("postrm", KILLED)
    upgradable.machine.install(releases.next)
    seen = dict(line.split()[:2] for line in upgradable.machine.output("cat", "/srv/hook.log").splitlines() if " " in line)
    assert seen == {row.name: "inactive" if row.name in GATED else "active" for row in SERVICES}
    assert upgradable.machine.output("tail", "-1", "/srv/hook.log") == "shut"
    upgradable.expect_whole(version_of(releases.next))


@pytest.mark.bookworm
def test_an_upgrade_through_a_unit_of_its_own_outlives_the_restart_of_every_service(
    served: Callable[[Path], Packaged], releases: Releases
) -> None:
    """
    What an updater service has to do; where it ran apt itself, its own restart would kill dpkg.

    The unit may be called decnet-something: what we render is for our own units, so it runs as root.
    """
    found = served(releases.built.file)
    open_units = [unit_of(row) for row in SERVICES if not row.opens_store]
    found.hook("postrm", f"set -e\nsystemctl restart {' '.join(open_units)}\necho restarted\n")
    unit = [
        "systemd-run",
        "--unit=decnet-selfupdate",
        "--collect",
        "--wait",
        "--pipe",
        "--setenv=DEBIAN_FRONTEND=noninteractive",
    ]
    found.machine.run([*unit, "apt-get", "install", "--yes", "decnet"], deadline_seconds=300)
    assert found.machine.output("cat", "/srv/hook.log") == "restarted"
    found.expect_whole(releases.built.field("Version"))
