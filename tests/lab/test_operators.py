# SPDX-License-Identifier: MIT
"""What an operator meets sooner or later: other ports, a killed reconfiguration, units of the site, a forced way back."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decnet.catalog import SERVICES
from decnet.install.render import unit_of
from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from tests.support.machines import Machines, machines
from tests.support.packages import Package
from tests.support.releases import NEXT_SCHEMA, Releases, version_of

pytestmark = pytest.mark.lab

CONF = "/etc/decnet/package.conf"
STORE = "/var/lib/decnet/store/decnet.db"
CERTIFICATE = "/var/lib/decnet/web/dashboard.pem"
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}
FLEET = """\
[fleet]
name = ports
[decoy front]
archetype = web-server
address = 127.20.0.9
[decoy front/ssh]
accounts = root:welcome1
[decoy front/http]
port = 8081
"""
SSH = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
# runs a command and kills it, with all that it started, as soon as the journal says that a step has begun
KILLED = """\
import os, pathlib, signal, subprocess, sys
step, *command = sys.argv[1:]
journal = pathlib.Path("/var/lib/decnet-package/journal")
with subprocess.Popen(command, start_new_session=True) as process:
    while process.poll() is None:
        if journal.exists() and f"step {step}\\n" in journal.read_text():
            os.killpg(process.pid, signal.SIGKILL)
            break
sys.exit(process.returncode != -9)
"""


@pytest.fixture(scope="module")
def ground(lab: Lab, suite: str, package: Package) -> Iterator[Machine]:
    """Give a layer on which the package is, with a decoy."""
    with machines(lab) as boot:
        booted = boot(suite=suite)
        booted.install(package.file)
        booted.wait_until(["decnet", "services"])
        told = booted.run(["decnet", "deploy", "-", "--yes"], stdin=FLEET)
        booted.put("/srv/told", told.stderr)
        booted.power_off()
        booted.become_layer()
        yield booted


@pytest.fixture
def installed(machine: Machines, ground: Machine) -> Machine:
    """Give a machine on which all services are well."""
    booted = machine(on=ground)
    booted.wait_until(["decnet", "services"])
    return booted


def lines(machine: Machine, *arguments: str) -> list[dict[str, Any]]:
    """Return what a listing of decnet shows."""
    return [json.loads(line) for line in machine.output("decnet", *arguments, "--format", "json").splitlines()]


def log_in(machine: Machine, word: str) -> None:
    """Type a word on the decoy, as an attacker does, and see it answered."""
    (decoy,) = lines(machine, "status")
    (place,) = [lure for lure in decoy["lures"] if lure["name"] == "ssh"]
    login = ("sshpass", "-p", "welcome1", "ssh", *SSH, "-p", str(place["port"]), f"root@{place['address']}")
    assert machine.output(*login, f"echo {word}") == word


def until_recorded(machine: Machine, word: str) -> None:
    """Wait until a word is in the store."""
    machine.wait_until(["sh", "-c", f"decnet evidence list --kind command --format json | grep -q 'echo {word}'"])


@pytest.mark.bookworm
def test_the_port_that_was_really_taken_is_told_shown_and_open(installed: Machine) -> None:
    """A port from 1024 that a fleet names is taken as it is."""
    told = installed.output("cat", "/srv/told")
    assert "the agent may not open ports below 1024 here: 22 is 20022, 443 is 20443;" in told
    (decoy,) = lines(installed, "status")
    assert {lure["name"]: lure["port"] for lure in decoy["lures"]} == {"ssh": 20022, "http": 8081, "https": 20443}
    shown = installed.output("decnet", "status")
    assert "127.20.0.9:20022" in shown
    assert "127.20.0.9:8081" in shown
    heard = installed.output("ss", "--listening", "--tcp", "--numeric", "--no-header")
    ours = {int(port) for port in re.findall(r"127\.20\.0\.9:(\d+)", heard)}
    assert ours == {20022, 8081, 20443}


@pytest.mark.bookworm
def test_a_unit_of_the_site_is_what_the_site_says(installed: Machine) -> None:
    """Its name may begin like ours: an updater has to be root, and another one somebody else."""
    certificate = installed.pull(CERTIFICATE)
    installed.run(["decnet", "configure", "set", "DECNET_USER=honey", "DECNET_GROUP=secops"], deadline_seconds=180)
    installed.wait_until(["decnet", "services"])
    assert installed.output("stat", "-c", "%U:%G %a", CERTIFICATE) == "honey:secops 600"
    assert installed.pull(CERTIFICATE) == certificate, "browsers know the dashboard by it"
    assert installed.output("ps", "-C", "decnet", "-o", "user:32=").split()[0].startswith("honey")
    run = ("systemd-run", "--quiet", "--collect", "--wait", "--pipe")
    assert installed.output(*run, "--unit=decnet-selfupdate", "id", "--user", "--name") == "root"
    assert installed.output(*run, "--unit=decnet-other", "--uid=nobody", "id", "--user", "--name") == "nobody"
    for row in SERVICES:
        shown = installed.output("systemctl", "cat", unit_of(row)).splitlines()
        drop_ins = [line for line in shown if line.startswith("# /etc/")]
        assert drop_ins == [f"# /etc/systemd/system/{unit_of(row)}.d/10-decnet-identity.conf"]


@pytest.mark.bookworm
def test_a_killed_reconfiguration_is_named_first_with_the_one_command_that_mends_it(installed: Machine) -> None:
    installed.run(["sed", "-i", "s/^DECNET_GROUP=.*/DECNET_GROUP=newops/", CONF])
    killed = ["python3", "-c", KILLED, "files", "dpkg-reconfigure", "-fnoninteractive", "decnet"]
    installed.run(killed, environment=QUIET, deadline_seconds=120)
    doctor = installed.run(["decnet", "doctor"], check=False)
    assert doctor.returncode == 3
    first, remedy, second, rest = doctor.stdout.splitlines()
    assert re.fullmatch(r"\[failed \] half-applied: the configuration stopped at the step [a-z-]+", first)
    assert remedy.strip() == "to mend it: decnet configure apply"
    assert re.fullmatch(r"\[warning\] findings: \d+ more, which may all follow from that: .*", second)
    assert "decnet doctor" in rest
    everything = installed.run(["decnet", "doctor", "--all"], check=False)
    assert everything.returncode == 3
    assert everything.stdout.startswith(first)
    assert len(everything.stdout.splitlines()) > 10
    installed.run(remedy.strip().removeprefix("to mend it: ").split(), deadline_seconds=180)
    installed.wait_until(["decnet", "services"])
    assert installed.run(["decnet", "doctor"], check=False).returncode == 0
    assert installed.output("stat", "-c", "%G", "/run/decnet/bus.sock") == "newops"


def test_the_address_of_the_dashboard_is_checked_kept_and_opened(installed: Machine) -> None:
    for wrong in ("8443", "127.0.0.1:70000", "::1:8443", "[::1]", "panel:8443"):
        refused = installed.run(["decnet", "configure", "check", f"DECNET_WEB_LISTEN={wrong}"], check=False)
        assert refused.returncode == 1
        assert "such as 127.0.0.1:8443 or [::1]:8443" in refused.stderr
    low = installed.run(["decnet", "configure", "check", "DECNET_WEB_LISTEN=0.0.0.0:443"])
    assert "the dashboard may not open a port below 1024 and will not start" in low.stderr
    installed.run(["decnet", "configure", "set", "DECNET_WEB_LISTEN=[::1]:9443"], deadline_seconds=120)
    installed.run(["dpkg-reconfigure", "-fnoninteractive", "decnet"], environment=QUIET, deadline_seconds=120)
    assert installed.output("grep", "^DECNET_WEB_LISTEN", CONF) == "DECNET_WEB_LISTEN=[::1]:9443"
    known = installed.output("sh", "-c", "debconf-show decnet | grep decnet/web-listen")
    assert known == "* decnet/web-listen: [::1]:9443"
    installed.wait_until(["decnet", "services"])
    assert "[::1]:9443" in installed.output("ss", "--listening", "--tcp", "--numeric")
    installed.run(["decnet", "doctor"])
    installed.run(["sed", "-i", "s/^DECNET_WEB_LISTEN=.*/DECNET_WEB_LISTEN=nowhere:1/", CONF])
    assert installed.run(["decnet", "configure", "check"], check=False).returncode == 1
    assert installed.run(["decnet", "doctor"], check=False).returncode == 5


def test_who_insists_gets_the_older_package_and_loses_no_evidence(installed: Machine, package: Package, tmp_path: Path) -> None:
    """The store that it cannot read stays as it is, and what is recorded meanwhile waits for the version that can."""
    releases = Releases(package, tmp_path)
    installed.install(releases.next)
    installed.wait_until(["decnet", "services"])
    log_in(installed, "before")
    until_recorded(installed, "before")
    refused = installed.install("--allow-downgrades", releases.previous, check=False)
    assert "To go on without: DECNET_FORCE_UPGRADE=yes" in refused.stderr + refused.stdout
    installed.run(["decnet", "configure", "set", "DECNET_FORCE_UPGRADE=yes"], deadline_seconds=120)
    forced = installed.install("--allow-downgrades", releases.previous)
    assert "a newer version wrote the store, and it is left as it is" in forced.stderr + forced.stdout
    state = installed.output("dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Version}", "decnet")
    assert state == f"ii  {version_of(releases.previous)}"
    active = [installed.output("systemctl", "show", "--value", "--property=ActiveState", unit_of(row)) for row in SERVICES]
    assert dict(zip([row.name for row in SERVICES], active, strict=True)) == {
        "bus": "active",
        "agent": "active",
        "decoys": "active",
        "ingester": "failed",
        "api": "failed",
        "web": "active",
    }
    log_in(installed, "meanwhile")
    assert f"schema {NEXT_SCHEMA}" in installed.run(["decnet", "doctor"], check=False).stdout

    installed.install(releases.next)
    installed.wait_until(["decnet", "services"])
    assert installed.failed_units() == []
    for word in ("before", "meanwhile"):
        until_recorded(installed, word)
