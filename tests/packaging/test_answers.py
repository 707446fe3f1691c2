# SPDX-License-Identifier: MIT
"""From the terminal to the host in one piece: the real debconf, its questions, and postinst with the configurator behind it."""

import re
import sys
from pathlib import Path

import pytest

from decnet.catalog import Role
from decnet.install.identity import Identity, values_of
from decnet.version import VERSION
from tests.support.namespaces import Machine, machine
from tests.support.sources import ROOT

pytestmark = [pytest.mark.client, pytest.mark.root, pytest.mark.timeout(300)]

INFO = "/var/lib/dpkg/info"
SCRIPTS = ("config", "preinst", "postinst", "prerm")
DEBCONF = """\
Config: config
Templates: templates

Name: config
Driver: File
Filename: /var/lib/debconf/config.dat

Name: templates
Driver: File
Filename: /var/lib/debconf/templates.dat
"""
STATUS = f"""\
Package: decnet
Status: install ok installed
Version: {VERSION}-1
Architecture: amd64
Maintainer: nobody
Description: decnet

"""
HONEY = "DECNET_ROLE=agent\nDECNET_USER=honey\nDECNET_GROUP=secops\nDECNET_START=no\nDECNET_WEB_LISTEN=127.0.0.1:9443\n"
CONF = "etc/decnet/package.conf"


class Packaged:
    """A machine on which dpkg knows the package: its scripts are those of this checkout, but for where its Python is."""

    def __init__(self, root: Path) -> None:
        self.machine: Machine = machine(root)
        self.root = root
        for folder in (f"{INFO}", "/var/lib/debconf", "/var/lib/dpkg/updates"):
            (root / folder.lstrip("/")).mkdir(parents=True)
        self.write("/etc/debconf.conf", DEBCONF)
        self.write("/var/lib/dpkg/status", STATUS)
        self.write(f"{INFO}/format", "1\n")
        self.write(f"{INFO}/decnet.list", "/.\n")
        templates = (ROOT / "debian/decnet.templates").read_text(encoding="utf-8")
        self.write(f"{INFO}/decnet.templates", re.sub(r"^_", "", templates, flags=re.MULTILINE))
        for name in SCRIPTS:
            text = (ROOT / f"debian/decnet.{name}").read_text(encoding="utf-8")
            for word, here in {
                "/opt/decnet/bin/python": sys.executable,
                "#DECNET_SCHEMA#": "1",
                "#DECNET_VERSION#": f"{VERSION}-1",
                "#DECNET_UNITS#": "decnet-agent.service decnet-bus.service",
            }.items():
                text = text.replace(word, here)
            self.write(f"{INFO}/decnet.{name}", text).chmod(0o755)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the machine."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def configure(self, *command: str, given: str = "", frontend: str = "teletype", priority: str = "low") -> tuple[int, str]:
        """Run a program with debconf and return its code and what was seen; ``given`` is typed, and then the input ends."""
        answers = self.write("/run/answers", given)
        done = self.machine.call(
            "sh", "-c", f'"$@" </{answers.relative_to(self.root)}', "sh", *command,
            code=None, DEBIAN_FRONTEND=frontend, DEBIAN_PRIORITY=priority, DEBCONF_NOWARNINGS="yes",
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def install(self, *, given: str = "", priority: str = "low") -> tuple[int, str]:
        """Configure the package as dpkg does the first time; debconf asks first."""
        return self.configure(f"{INFO}/decnet.postinst", "configure", "", given=given, priority=priority)

    def reconfigure(self, *, given: str = "", priority: str = "low") -> tuple[int, str]:
        """Run ``dpkg-reconfigure``."""
        command = ("dpkg-reconfigure", "-fteletype", f"-p{priority}", "decnet")
        return self.configure(*command, given=given, priority=priority)

    def says(self) -> dict[str, str]:
        """Return what package.conf says."""
        lines = (self.root / CONF).read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", maxsplit=1) for line in lines if "=" in line and not line.startswith("#"))


@pytest.fixture
def packaged(tmp_path: Path) -> Packaged:
    return Packaged(tmp_path / "root")


@pytest.fixture
def honey(packaged: Packaged) -> Packaged:
    """A host on which decnet is honey of secops, an agent that runs."""
    packaged.write(f"/{CONF}", HONEY)
    packaged.machine.run("apply")
    packaged.machine.runs("agent", "bus")
    packaged.machine.calls()
    return packaged


@pytest.mark.parametrize(
    ("priority", "given"),
    [("low", ""), ("medium", ""), ("high", ""), ("low", "1\n"), ("medium", "1\nsnare\nops\nno\n"), ("low", "1\nsnare\nops\n")],
)
def test_who_goes_away_while_being_asked_leaves_the_host_as_it_was(honey: Packaged, priority: str, given: str) -> None:
    before = (honey.root / CONF).read_bytes()
    code, seen = honey.reconfigure(priority=priority, given=given)
    assert code == 0, seen
    assert "not every question was answered, so all stays as /etc/decnet/package.conf says" in seen
    assert (honey.root / CONF).read_bytes() == before, seen
    assert honey.machine.calls() == [], seen
    assert honey.machine.run("diff").stdout == ""


def test_what_was_answered_to_the_end_is_applied(honey: Packaged) -> None:
    """Of the same questions, so that the silence of the others is known to be one."""
    code, seen = honey.reconfigure(priority="medium", given="1\nhoney\nops\nno\nno\n")
    assert code == 0, seen
    assert "not every question" not in seen
    found = honey.says()
    assert [found[f"DECNET_{key}"] for key in ("ROLE", "USER", "GROUP", "DOCKER", "START")] == [
        "master",
        "honey",
        "ops",
        "no",
        "no",
    ]
    assert found["DECNET_WEB_LISTEN"] == "127.0.0.1:9443", "what was not asked"


def test_who_says_nothing_gets_the_defaults_and_hears_of_it(packaged: Packaged) -> None:
    code, seen = packaged.install()
    assert code == 0, seen
    assert packaged.says() == values_of(Identity())
    assert "decnet: decnet/role was not answered and has its default" in seen


def test_who_goes_away_before_the_end_of_an_installation_has_said_what_was_said(packaged: Packaged) -> None:
    code, seen = packaged.install(given="2\nhoney\nsecops\n")
    assert code == 0, seen
    assert packaged.says() == values_of(Identity(role=Role.AGENT, user="honey", group="secops"))
    for name in ("docker", "web-listen", "start", "restart-on-upgrade"):
        assert f"decnet: decnet/{name} was not answered and has its default" in seen


def test_a_debconf_that_knows_nothing_changes_nothing(honey: Packaged) -> None:
    """Its database was lost, and nobody asked: no answer is none, and not the default."""
    (honey.root / f"{INFO}/decnet.config".lstrip("/")).unlink()
    before = honey.says()
    code, seen = honey.install()
    assert code == 0, seen
    assert honey.says() == before


def test_a_refusal_is_told_in_the_words_of_the_configurator(honey: Packaged) -> None:
    """They go to root by mail where nobody is there; no answer is to blame here."""
    conf = honey.root / CONF
    conf.write_text(HONEY + 'DECNET_HOST_NAME="shop"\n', encoding="utf-8")
    code, seen = honey.reconfigure(priority="critical")
    assert code == 1, seen
    shown = " ".join(seen.split("decnet was not configured", maxsplit=1)[1].split())
    assert "line 6 of package.conf is not DECNET_HOST_NAME=VALUE" in shown
    assert "To mend it: write that line anew in /etc/decnet/package.conf" in shown
    assert "Then run: dpkg-reconfigure decnet" in shown
    assert "The answers cannot be used" not in seen
    assert not (honey.root / "run/decnet-said").exists()


def test_a_configurator_that_breaks_is_told_of_as_well(honey: Packaged) -> None:
    postinst = honey.root / f"{INFO}/decnet.postinst".lstrip("/")
    postinst.write_text(postinst.read_text().replace("-m decnet.install", "-m decnet.nothing"))
    code, seen = honey.reconfigure(priority="critical")
    assert code == 1
    shown = " ".join(seen.split("decnet was not configured", maxsplit=1)[1].split())
    assert "No module named decnet.nothing" in shown
    assert "To mend it: decnet doctor" in shown


@pytest.mark.parametrize("running", [["agent", "bus"], ["bus"], []])
def test_a_removal_that_is_given_up_starts_what_ran(honey: Packaged, running: list[str]) -> None:
    """What the operator had stopped stays so."""
    honey.machine.runs(*running)
    honey.machine.call(f"{INFO}/decnet.prerm", "remove")
    assert honey.machine.books.joinpath("active").read_text().split() == []
    code, seen = honey.configure(f"{INFO}/decnet.postinst", "abort-remove", "in-favour", "other", "1.0")
    assert code == 0, seen
    assert honey.machine.books.joinpath("active").read_text().split() == [f"decnet-{name}.service" for name in running]
    assert not (honey.root / "run/decnet-upgrade.lock").exists()
