# SPDX-License-Identifier: MIT
"""``debian/decnet.config`` under the real debconf, with a database of its own."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from decnet.install.identity import Identity
from tests.support.sources import ROOT

pytestmark = [pytest.mark.client]

DATABASE = """Config: config
Templates: templates

Name: config
Driver: File
Filename: {root}/config.dat

Name: templates
Driver: File
Mode: 644
Filename: {root}/templates.dat
"""


class Debconf:
    """A debconf that knows decnet's questions, on a host whose /etc/decnet is a folder of the test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "debconf.conf").write_text(DATABASE.format(root=root))
        (root / "etc").mkdir()
        text = (ROOT / "debian/decnet.config").read_text(encoding="utf-8")
        self.script("config", re.sub(r"(?<=CONF=)/etc/decnet", f"{root}/etc", text))
        # with postinst in hand the frontend loads the templates and runs config before it, as it does under dpkg
        self.script("postinst", "#!/bin/sh\n. /usr/share/debconf/confmodule\n")
        templates = (ROOT / "debian/decnet.templates").read_text(encoding="utf-8")
        (root / "decnet.templates").write_text(templates.replace("\n_Description", "\nDescription"))

    def script(self, name: str, text: str) -> None:
        """Write one of the package's scripts."""
        file = self.root / f"decnet.{name}"
        file.write_text(text)
        file.chmod(0o755)

    def run(self, *arguments: str, frontend: str = "noninteractive", priority: str = "low", given: str = "") -> str:
        """Run a program with this database and return what it printed."""
        finished = subprocess.run(
            arguments,
            input=given,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env={
                "PATH": os.environ["PATH"],
                "DEBIAN_FRONTEND": frontend,
                "DEBCONF_SYSTEMRC": str(self.root / "debconf.conf"),
                "DEBCONF_NOWARNINGS": "yes",
                "DEBIAN_PRIORITY": priority,
                "LC_ALL": "C.UTF-8",
            },
        )
        return finished.stdout + finished.stderr

    def preseed(self, name: str, value: str, kind: str = "string") -> None:
        """Answer a question before it is asked."""
        self.run("debconf-set-selections", given=f"decnet decnet/{name} {kind} {value}\n")

    def ask(self, *, frontend: str = "noninteractive", priority: str = "low", given: str = "") -> str:
        """Ask as dpkg does; return what somebody at the terminal saw."""
        command = ("/usr/share/debconf/frontend", str(self.root / "decnet.postinst"), "configure", "")
        return self.run(*command, frontend=frontend, priority=priority, given=given)

    def answer(self, name: str) -> str:
        """Return what debconf knows."""
        shown = self.run("debconf-communicate", "decnet", given=f"GET decnet/{name}\n")
        return shown.strip().removeprefix("0").strip()


@pytest.fixture
def debconf(tmp_path: Path) -> Debconf:
    return Debconf(tmp_path)


def test_who_is_not_asked_gets_the_defaults(debconf: Debconf) -> None:
    debconf.ask()
    names = ("role", "user", "group", "docker", "web-listen", "start", "restart-on-upgrade", "purge-evidence")
    found = [debconf.answer(name) for name in names]
    assert found == ["master", "decnet", "decnet", "false", "127.0.0.1:8443", "true", "true", "false"]


def test_a_preseeded_answer_is_kept(debconf: Debconf) -> None:
    debconf.preseed("group", "secops")
    debconf.ask()
    assert debconf.answer("group") == "secops"


def test_the_file_stands_above_every_older_answer(debconf: Debconf) -> None:
    debconf.preseed("group", "secops")
    (debconf.root / "etc/package.conf").write_text(
        "# DECNET_GROUP=comment\nDECNET_GROUP=first\nDECNET_GROUP=ops\nDECNET_ROLE=agent\nDECNET_DOCKER=yes\nDECNET_START=no\n"
    )
    debconf.ask()
    assert [debconf.answer(name) for name in ("group", "role", "docker", "start", "user")] == [
        "ops",
        "agent",
        "true",
        "false",
        "decnet",
    ]


def test_an_address_of_ipv6_comes_from_the_file(debconf: Debconf) -> None:
    (debconf.root / "etc/package.conf").write_text("DECNET_WEB_LISTEN=[::1]:9443\n")
    debconf.ask()
    assert debconf.answer("web-listen") == "[::1]:9443"


@pytest.mark.parametrize("wrong", ["8443", "127.0.0.1:", "127.0.0.1:70000", "[::1]", "panel:8443", "::1:8443", "[x:y]:1"])
def test_what_is_no_address_and_port_is_asked_again(debconf: Debconf, wrong: str) -> None:
    """The good one comes second; what stands before and between are the questions around it."""
    given = f"1\ndecnet\ndecnet\nno\n{wrong}\nyes\nyes\nno\n[::1]:8443\nyes\nyes\n"
    seen = debconf.ask(frontend="teletype", priority="low", given=given)
    assert f"decnet/web-listen: {wrong}" in seen
    assert debconf.answer("web-listen") == "[::1]:8443", seen


def test_what_was_taken_out_of_the_file_does_not_come_back(debconf: Debconf) -> None:
    """Docker is as good as root; an empty value means the default, too."""
    conf = debconf.root / "etc/package.conf"
    conf.write_text("DECNET_DOCKER=yes\nDECNET_GROUP=secops\nDECNET_USER=honey\nDECNET_ROLE=agent\n")
    debconf.ask()
    conf.write_text("# DECNET_DOCKER=yes\nDECNET_GROUP=\nDECNET_USER=honey\n")
    debconf.ask()
    assert [debconf.answer(name) for name in ("docker", "group", "user", "role")] == ["false", "decnet", "honey", "master"]


def test_the_file_is_not_a_program(debconf: Debconf) -> None:
    (debconf.root / "etc/package.conf").write_text(f"DECNET_GROUP=$(touch {debconf.root}/ran)\ntouch {debconf.root}/ran\n")
    debconf.ask()
    assert debconf.answer("group") == "decnet"
    assert not (debconf.root / "ran").exists()


@pytest.mark.parametrize("text", ["DECNET_ROLE=agent\n", "DECNET_GROUP=secops\n", ""])
def test_nothing_is_asked_where_there_is_a_file(debconf: Debconf, text: str) -> None:
    """What it does not name has its default, so there is no question about it."""
    (debconf.root / "etc/package.conf").write_text(text)
    assert debconf.ask(frontend="teletype", priority="low") == ""


def test_only_the_role_is_asked_at_the_usual_priority(debconf: Debconf) -> None:
    seen = debconf.ask(frontend="teletype", priority="high", given="2\n")
    assert "Role of this host" in seen
    assert "Account of the services" not in seen
    assert debconf.answer("role") == "agent"


def test_a_wrong_answer_is_asked_again_while_somebody_is_there(debconf: Debconf) -> None:
    """The account is root first, a good name then; the group is left as it is."""
    seen = debconf.ask(frontend="teletype", priority="medium", given="1\nroot\ndecnet\nhoney\nsecops\nno\nyes\n")
    assert "decnet/user: root" in seen
    assert debconf.answer("user") == "honey", seen


def test_a_name_is_as_long_as_the_configurator_takes_it(debconf: Debconf) -> None:
    """The account leaves room for those that are named after it, the group has none."""
    user, group = "u" * 24, "g" * 31
    Identity(user=user, group=group)
    seen = debconf.ask(
        frontend="teletype", priority="medium", given=f"1\n{user}u\n{group}\n{user}\n{group}g\n{user}\n{group}\nno\nyes\n"
    )
    assert f"decnet/user: {user}u" in seen.replace("\n", "")
    assert f"decnet/group: {group}g" in seen.replace("\n", "")
    assert (debconf.answer("user"), debconf.answer("group")) == (user, group), seen


def test_a_wrong_answer_of_nobody_ends_all_the_same(debconf: Debconf) -> None:
    """The configurator refuses it in postinst."""
    debconf.preseed("user", "root")
    debconf.preseed("group", "x; rm -rf /")
    debconf.ask()
    assert debconf.answer("user") == "root"


@pytest.mark.parametrize("given", ["", "1\n", "1\nhoney\nsecops\n", "1\nhoney\nsecops\nno\n"])
def test_somebody_who_says_nothing_more_is_not_asked_for_ever(debconf: Debconf, given: str) -> None:
    """Their input has ended: what they have not said has its default, and they hear of it."""
    seen = debconf.ask(frontend="teletype", priority="low", given=given)
    assert "was not answered and has its default" in seen
    assert debconf.answer("user") == ("honey" if "honey" in given else "decnet")
    assert debconf.answer("group") == ("secops" if "secops" in given else "decnet")
    assert [debconf.answer(name) for name in ("role", "docker", "start", "web-listen")] == [
        "master",
        "false",
        "true",
        "127.0.0.1:8443",
    ]


def test_a_frontend_that_only_goes_back_comes_to_an_end(tmp_path: Path) -> None:
    """As one with windows does whose terminal is gone; none can be had in a test, so its answer is given by hand."""
    gone = "db_go() { echo asked; return 30; }\n" + "".join(
        f"{name}() {{ RET=; }}\n" for name in ("db_version", "db_capb", "db_input", "db_set", "db_fset", "db_reset", "db_get")
    )
    text = (ROOT / "debian/decnet.config").read_text(encoding="utf-8").replace("/etc/decnet", f"{tmp_path}/etc")
    script = text.replace(". /usr/share/debconf/confmodule", gone)
    finished = subprocess.run(["dash"], input=script, check=True, capture_output=True, text=True, timeout=20)
    assert 1 < len(finished.stdout.splitlines()) < 50
