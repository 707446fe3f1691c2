# SPDX-License-Identifier: MIT
"""Upgrades that cannot go well: what was there before works on, is told what is wrong, and is mended by what it was told."""

import re

import pytest

from decnet.catalog import SERVICES
from tests.support.attacks import expect_all_kept, under_attack
from tests.support.packaged import GATE, Packaged
from tests.support.releases import NEXT_SCHEMA, Releases, version_of

pytestmark = pytest.mark.lab

STORE = "/var/lib/decnet/store"
BACKUPS = "/var/lib/decnet-package/backups"
# ends the service that opens the store, and says what became of it when systemd has tried to start it again
KILL_INGESTER = """\
#!/bin/sh
shown() { systemctl show --value --property "$1" decnet-ingester.service; }
process=$(shown MainPID)
[ "$process" -gt 1 ] && kill -9 "$process"
is_decided() {
    [ "$(shown ActiveState)" = inactive ] || { [ "$(shown MainPID)" != "$process" ] && [ "$(shown SubState)" = running ]; }
}
until is_decided; do :; done
shown ActiveState >/srv/state
"""


@pytest.mark.bookworm
def test_a_failed_migration_restores_the_store_and_a_mended_version_goes_on(upgradable: Packaged, releases: Releases) -> None:
    booted = upgradable.machine
    with under_attack(upgradable, "http") as first:
        booted.wait_until(["sh", "-c", "decnet evidence list --format json | grep -q mark-"])
    expect_all_kept(upgradable, first)
    before = upgradable.dump()
    assert 'INSERT INTO "evidence"' in before
    failed = booted.install(releases.failing, check=False)
    said = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert re.search(rf"revision_{NEXT_SCHEMA:04}\.py, line \d+: RuntimeError: this migration is broken", said)
    assert "Traceback" not in said
    assert "to mend it: install a version that mends this: apt-get update && apt-get -f install" in said
    (backup,) = re.findall(rf"a copy of it is ({BACKUPS}/\S+)\.", said)
    assert upgradable.dump() == before
    assert upgradable.dump(backup) == before
    assert upgradable.state() == f"iF  {version_of(releases.failing)}"

    with under_attack(upgradable) as attack:
        assert booted.run(["dpkg", "--configure", "-a"], check=False).returncode == 1
        states = upgradable.shown("ActiveState")
    assert upgradable.dump() == before
    assert upgradable.has(GATE)
    assert states == {row.name: "inactive" if row.opens_store else "active" for row in SERVICES}
    doctor = upgradable.doctor()
    assert "dpkg --configure -a" in doctor.stdout + doctor.stderr
    assert doctor.returncode == 3

    booted.install(releases.next)
    upgradable.expect_whole(version_of(releases.next))
    assert "CREATE TABLE later" in upgradable.dump()
    expect_all_kept(upgradable, attack)


@pytest.mark.bookworm
def test_what_ended_before_a_preinst_refused_starts_again(upgradable: Packaged, releases: Releases) -> None:
    """The gate held it back since the old prerm; dpkg calls the new postrm and then the old postinst with abort-upgrade."""
    booted, before = upgradable.machine, upgradable.processes()
    booted.put("/srv/between", KILL_INGESTER, mode=0o755)
    refused = booted.install(releases.refusing, check=False)
    assert refused.returncode != 0
    assert booted.pull("/srv/state").decode() == "inactive\n"
    upgradable.expect_whole(version_of(releases.previous))
    changed = {service for service, process in upgradable.processes().items() if process != before[service]}
    assert changed == {"ingester"}


@pytest.mark.bookworm
def test_a_preinst_that_refuses_leaves_everything_as_it_was(upgradable: Packaged, releases: Releases) -> None:
    booted, before, state = upgradable.machine, upgradable.processes(), upgradable.state()
    refused = booted.install(releases.refusing, check=False)
    assert "decnet: not here" in refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert upgradable.state() == state
    assert upgradable.processes() == before
    upgradable.expect_whole(version_of(releases.previous))


@pytest.mark.bookworm
@pytest.mark.parametrize("folder", [STORE, BACKUPS])
def test_a_full_disk_refuses_an_upgrade_before_anything_is_touched(
    upgradable: Packaged, releases: Releases, folder: str
) -> None:
    """
    The disk of the store or the one of the backups: dpkg has nothing to finish in the morning.

    Who says that no backup is wanted is upgraded all the same.
    """
    booted = upgradable.machine
    booted.run(["systemctl", "stop", "decnet.target"])
    booted.run(["mkdir", "-p", "-m", "0700", BACKUPS])
    small_disk(upgradable, folder)
    booted.run(["systemctl", "start", "decnet.target"])
    upgradable.until_well()
    before, dump = upgradable.processes(), upgradable.dump()
    refused = booted.install(releases.next, check=False)
    assert refused.returncode != 0
    said = refused.stdout + refused.stderr
    assert "Make room" in said
    assert f"are free in {folder}." in said
    upgradable.expect_whole(version_of(releases.previous))
    assert upgradable.processes() == before
    assert upgradable.dump() == dump

    booted.run(["sed", "-i", "s/^DECNET_SKIP_BACKUP=.*/DECNET_SKIP_BACKUP=yes/", "/etc/decnet/package.conf"])
    booted.install(releases.next)
    upgradable.expect_whole(version_of(releases.next))
    assert upgradable.backups() == []


def small_disk(found: Packaged, folder: str) -> None:
    """Put a folder on a disk of its own that has room for nothing more."""
    for argv in (
        ["cp", "-a", "-T", folder, "/srv/kept"],
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder],
        ["cp", "-a", "-T", "/srv/kept", folder],
        ["rm", "-r", "/srv/kept"],
    ):
        found.machine.run(argv)
