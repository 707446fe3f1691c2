# SPDX-License-Identifier: MIT
"""What a machine of the lab is, and what can be done with it."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from decnet.errors import HostError, InUseError, NotFoundError, NotRunningError
from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.network import OUTSIDE
from scripts.lib.lab.program import CommandFailedError
from tests.support.beside import beside
from tests.support.captures import captured
from tests.support.machines import Machines, machines

pytestmark = pytest.mark.lab

SYSTEMD = {"trixie": "systemd 257", "bookworm": "systemd 252"}
PYTHON = {"trixie": "Python 3.13", "bookworm": "Python 3.11"}
# what a shell needs in a container; lib64 and others are links into usr
LIBRARIES = "usr/lib/x86_64-linux-gnu"
SHELL = ("lib", "lib64", "usr/lib64", "usr/bin/dash", f"{LIBRARIES}/libc.so.6", f"{LIBRARIES}/ld-linux-x86-64.so.2")
WEB = ("systemd-run", "--unit=web", "--quiet", "python3", "-m", "http.server", "80", "--directory", "/srv")
CONTROL = """\
Package: {name}
Version: 1
Architecture: all
Maintainer: The decnet authors <nobody@example.invalid>
Depends: {depends}
Description: a package of a test
"""


@pytest.fixture(scope="module")
def shared(lab: Lab) -> Iterator[Machine]:
    """One machine for the tests that leave it as it was."""
    with machines(lab) as boot:
        yield boot(hostname="shared")


def test_a_program_that_signals_its_process_group_reaches_nobody_else(shared: Machine) -> None:
    assert shared.run(["sh", "-c", "kill -9 0"], check=False).returncode != 0
    with beside(shared.command(["sh", "-c", "echo ready; read word; kill -9 0"]), "ready") as program:
        assert program.ask("now") == ""
    assert shared.output("echo", "still here") == "still here"


@pytest.mark.bookworm
def test_a_machine_boots_as_the_debian_that_was_asked_for(machine: Machines, suite: str) -> None:
    booted = machine(suite=suite)
    assert booted.output("cat", "/proc/1/comm") == "systemd"
    assert booted.output("systemctl", "--version").startswith(SYSTEMD[suite])
    assert booted.output("python3", "--version").startswith(PYTHON[suite])
    assert booted.output("hostname") == suite
    assert booted.state() == "running"
    assert booted.failed_units() == []
    assert booted.output("find", "/", "-xdev", "-iname", "*decnet*") == ""
    # its own groups are the root for those inside, so that systemd knows whose process is whose
    assert booted.output("cat", "/proc/self/cgroup").splitlines()[-1] == "0::/lab.scope"


def test_machines_reach_each_other_and_nothing_else(lab: Lab, machine: Machines) -> None:
    with ThreadPoolExecutor() as pool:
        served, asking = pool.map(lambda name: machine(hostname=name), ("served", "asking"))
    served.put("/srv/word", "reached")
    served.run(WEB)
    asking.wait_until(["curl", "-sSf", f"http://{served.address}/word"])
    assert lab.outside(["curl", "-sSf", f"http://{served.address}/word"]).stdout == "reached"

    assert asking.output("ip", "-4", "route").split()[:3] == ["10.87.0.0/16", "dev", "host0"]
    assert len(asking.output("ip", "-4", "route").splitlines()) == 1
    assert asking.output("ip", "-6", "address", "show", "dev", "host0") == ""
    for beyond in ("192.0.2.1", OUTSIDE):
        assert asking.run(["curl", "-sS", "--max-time", "5", f"http://{beyond}/"], check=False).returncode == 7
    assert lab.outside(["ip", "route", "show", "default"]).stdout == ""
    assert asking.run(["getent", "hosts", "debian.invalid"], check=False).returncode == 2


def test_a_machine_is_silent_and_what_it_says_can_be_captured(lab: Lab, machine: Machines) -> None:
    """Whoever proves that a product sends nothing unasked has to know that the machine below it does not either."""
    booted = machine()
    with captured(lab) as capture:
        booted.reboot()
        assert capture.packets() == []
        booted.run(["curl", "-sS", "--max-time", "5", f"http://{OUTSIDE}/"], check=False)
        assert capture.packets() != []


def test_what_is_on_the_disk_outlives_every_kind_of_end(machine: Machines) -> None:
    booted = machine()
    booted.put("/var/lib/kept", "1")
    before = identity(booted), booted.leader

    booted.reboot()
    assert identity(booted) == before[0]
    assert booted.leader != before[1]
    booted.put("/var/lib/kept", "2")
    booted.power_off()
    assert not booted.is_running
    assert booted.state() == "off"
    with pytest.raises(NotRunningError):
        booted.run(["true"])
    booted.power_on()
    assert booted.pull("/var/lib/kept") == b"2"
    booted.kill()
    assert not booted.is_running
    booted.power_on()
    assert booted.pull("/var/lib/kept") == b"2"
    assert booted.address in booted.output("ip", "-br", "address", "show", "dev", "host0")
    assert booted.failed_units() == []


@pytest.mark.parametrize(
    ("init", "words"), [("exit 1", "ended before it had booted"), ("exec sleep 60", "did not boot within 3 s")]
)
def test_a_machine_that_does_not_boot_is_told_with_its_console(machine: Machines, init: str, words: str) -> None:
    booted = machine()
    booted.kill()
    program = booted.root / "usr/lib/systemd/systemd"
    program.unlink()
    program.write_text(f"#!/bin/sh\necho why it does not\n{init}\n")
    program.chmod(0o755)
    with pytest.raises(HostError, match=rf"{words}(.|\n)*why it does not"):
        booted.power_on(deadline_seconds=3)


def identity(booted: Machine) -> str:
    """Return the machine's identity, which is the same in all its boots."""
    return booted.output("cat", "/etc/machine-id")


def test_a_machine_begins_with_the_disk_of_another_one(machine: Machines) -> None:
    first = machine()
    first.put("/etc/installed", "once")
    first.run(["rm", "/etc/issue"])
    first.power_off()
    first.become_layer()
    second, third = machine(on=first), machine(on=first)
    second.put("/etc/installed", "changed")
    assert third.pull("/etc/installed") == b"once"
    assert third.run(["test", "-e", "/etc/issue"], check=False).returncode == 1
    assert identity(second) != identity(third)
    with pytest.raises(NotRunningError, match="is gone"):
        first.power_on()


def test_commands_get_their_input_and_give_their_code(shared: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_HOST", "1")
    assert shared.run(["cat"], stdin="words").stdout == "words"
    assert "OF_THE_HOST" not in shared.output("env")
    assert shared.run(["printenv", "A"], environment={"A": "b c"}).stdout == "b c\n"
    assert shared.output("id", "-un", user="nobody") == "nobody"
    failed = shared.run(["sh", "-c", "echo out; echo err >&2; exit 7"], check=False)
    assert (failed.returncode, failed.stdout, failed.stderr) == (7, "out\n", "err\n")
    with pytest.raises(CommandFailedError, match=r"shared: false failed with 1|false failed with 1"):
        shared.run(["false"])
    assert shared.run(["no-such-program"], check=False).returncode == 127


def test_a_command_that_takes_too_long_is_ended_inside_too(shared: Machine) -> None:
    with pytest.raises(HostError, match="did not end within 1 s"):
        shared.run(["sleep", "1234"], deadline_seconds=1)
    shared.wait_until(["sh", "-c", "! pgrep -f 'slee[p] 1234'"])


def test_files_are_written_and_read(shared: Machine) -> None:
    shared.put("/srv/new/folder/file", b"\0\xff", mode=0o640, owner="daemon", group="adm")
    assert shared.pull("/srv/new/folder/file") == b"\0\xff"
    assert shared.output("stat", "-c", "%U:%G %a", "/srv/new/folder/file") == "daemon:adm 640"
    # a path inside is one inside, whatever links it passes: /var/run is a link to /run
    shared.put("/var/run/of-the-machine", "x")
    assert not Path("/run/of-the-machine").exists()
    with pytest.raises(NotFoundError, match="no/such"):
        shared.pull("/no/such")


def test_waiting_ends_when_the_deadline_has_passed(shared: Machine) -> None:
    with pytest.raises(CommandFailedError, match="again and again for 1 s"):
        shared.wait_until(["false"], deadline_seconds=1)


def package(folder: Path, name: str, depends: str) -> Path:
    """Build a package that contains one file."""
    (folder / name / "DEBIAN").mkdir(parents=True)
    (folder / name / "usr/share" / name).mkdir(parents=True)
    (folder / name / "usr/share" / name / "file").touch()
    (folder / name / "DEBIAN/control").write_text(CONTROL.format(name=name, depends=depends))
    path = folder / f"{name}_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", folder / name, path], check=True, capture_output=True)
    return path


def test_packages_are_installed_without_a_network(shared: Machine, tmp_path: Path) -> None:
    good = package(tmp_path, "of-the-test", "python3, polkitd, adduser, debconf, logrotate, init-system-helpers")
    bad = package(tmp_path, "of-nobody", "not-there-at-all")
    shared.install(good)
    assert shared.output("dpkg-query", "-W", "-f", "${Status}", "of-the-test") == "install ok installed"
    assert "not-there-at-all" in shared.install(bad, check=False).stdout
    assert shared.run(["test", "-e", "/srv/packages"], check=False).returncode == 1
    shared.apt("purge", "of-the-test")
    with pytest.raises(NotFoundError) as missing:
        shared.install(tmp_path / "none.deb")
    assert "scripts/build-deb" in missing.value.remedy


def test_a_folder_of_the_host_is_shown_and_not_given(machine: Machines, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("shown")
    booted = machine(binds={tmp_path: "/srv/shown"})
    assert booted.pull("/srv/shown/file") == b"shown"
    assert booted.run(["touch", "/srv/shown/new"], check=False).returncode == 1


@pytest.mark.bookworm
def test_docker_works_in_a_machine_that_has_it(machine: Machines, suite: str) -> None:
    booted = machine(suite=suite, docker=True)
    assert (
        booted.output("docker", "info", "--format", "{{.Driver}} {{.CgroupDriver}} {{.CgroupVersion}}") == "overlay2 systemd 2"
    )
    booted.run(["sh", "-c", f"tar -C / -c {' '.join(SHELL)} | docker import - local/shell"])
    assert booted.output("docker", "run", "--rm", "local/shell", "/usr/bin/dash", "-c", "echo contained") == "contained"
    booted.power_off()
    with pytest.raises(InUseError, match="has Docker"):
        booted.become_layer()
