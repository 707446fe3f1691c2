# SPDX-License-Identifier: MIT
"""decnet on booted machines as an operator gets it: what tests do with such a machine, and ask of it."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from decnet.catalog import SERVICES
from decnet.install.identity import Identity
from decnet.install.render import unit_of
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.program import Finished
from tests.support.repositories import SEEN_AT, Repository

HONEY = Identity(user="honey", group="secops")
UNITS = [unit_of(row) for row in SERVICES]
DATABASE = "/var/lib/decnet/store/decnet.db"
GATE = "/run/decnet-upgrade.lock"
JOURNAL = "/var/lib/decnet-package/journal"
UNATTENDED = {"DEBIAN_FRONTEND": "noninteractive"}
INSTALL = ("apt-get", "install", "--yes", "--quiet", "decnet")
ACCOUNT = ("root", "welcome1")
FLEET = f"""\
[fleet]
name = lab

[decoy web01]
archetype = web-server
address = 127.20.0.61

[decoy web01/ssh]
accounts = {":".join(ACCOUNT)}
"""
SSH = ("ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
_PAGE = 1000
_AS_PROBE = "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecStart=\nExecStart=/opt/decnet/bin/python {program}\n"
# what is in the store, and nothing of how its pages lie
_DUMP = """\
import sqlite3, sys
store = sqlite3.connect("file:{}?mode=ro", uri=True)
sys.stdout.writelines(line + chr(10) for line in store.iterdump())
"""
_SOUND = "import sqlite3; print(*sqlite3.connect('file:{}?mode=ro', uri=True).execute('PRAGMA integrity_check').fetchone())"


@dataclass(frozen=True)
class Packaged:
    """A machine with the package of decnet on it, or about to be."""

    machine: Machine
    identity: Identity = field(default_factory=Identity)

    # -- what an operator does ---------------------------------------------------------------------------------------------

    def answer(self, **answers: str) -> None:
        """Answer debconf's questions before they are asked; ``user="honey"``."""
        kinds = {"true": "boolean", "false": "boolean"}
        lines = [f"decnet decnet/{name} {kinds.get(value, 'string')} {value}\n" for name, value in answers.items()]
        self.machine.run(["debconf-set-selections"], stdin="".join(lines))

    def answer_with_identity(self) -> None:
        """Answer who the services shall be."""
        self.answer(user=self.identity.user, group=self.identity.group)

    def trust(self, repository: Repository) -> None:
        """Let apt know the repository, which the machine sees as a folder."""
        package = repository.keyring_package(self.machine.suite).relative_to(repository.folder)
        self.machine.apt("install", f"{SEEN_AT}/{package}")
        self.machine.apt("update", "--error-on=any")

    def install(self, *, check: bool = True) -> Finished:
        """Install decnet, or the version of it that the repository has now."""
        return self.machine.run(INSTALL, environment=UNATTENDED, check=check, deadline_seconds=300)

    def deploy(self) -> None:
        """Put a decoy up that speaks ssh and http."""
        self.machine.run(["decnet", "deploy", "-", "--yes"], stdin=FLEET)

    def until_well(self) -> None:
        """Wait until every service says that it is well."""
        self.machine.wait_until(["decnet", "services"])

    def doctor(self) -> Finished:
        """Ask what is wrong."""
        return self.machine.run(["decnet", "doctor"], check=False)

    # -- what an attacker does ---------------------------------------------------------------------------------------------

    def places(self) -> dict[str, str]:
        """Return where the lures listen, ``ADDRESS:PORT``, by their names."""
        (decoy,) = self.lines("status")
        return {lure["name"]: f"{lure['address']}:{lure['port']}" for lure in decoy["lures"]}

    def ssh(self, command: str) -> list[str]:
        """Return the command with which an attacker who knows the password runs one on the decoy."""
        user, password = ACCOUNT
        address, port = self.places()["ssh"].rsplit(":", maxsplit=1)
        return ["sshpass", "-p", password, *SSH, "-p", port, f"{user}@{address}", command]

    def log_in(self, command: str) -> str:
        """Run a command on the decoy as such an attacker; return what it printed."""
        return self.machine.output(*self.ssh(command))

    # -- what decnet tells -------------------------------------------------------------------------------------------------

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what a listing of decnet shows."""
        return [json.loads(line) for line in self.machine.output("decnet", *arguments, "--format", "json").splitlines()]

    def versions(self) -> set[str]:
        """Return the versions that the services say they are."""
        return {row["version"] for row in self.lines("services")}

    def records(self, *filters: str) -> Iterator[dict[str, Any]]:
        """Yield all the evidence there is."""
        cursor = 0
        while page := self.lines("evidence", "list", *filters, "--after", str(cursor), "--limit", str(_PAGE)):
            yield from page
            cursor = page[-1]["cursor"]

    def recorded(self) -> Counter[str]:
        """Return how often each word that was echoed or asked for is in the store."""
        commands = (row["body"]["command"].removeprefix("echo ") for row in self.records("--kind", "command"))
        return Counter([*commands, *(row["body"]["target"].removeprefix("/") for row in self.records("--kind", "request"))])

    def until_recorded(self, words: Iterable[str], deadline_seconds: float = 30) -> Counter[str]:
        """Wait until each of the words is in the store; return how often each one is."""
        deadline, wanted = time.monotonic() + deadline_seconds, set(words)
        while not wanted <= (found := self.recorded()).keys():
            assert time.monotonic() < deadline, f"never stored: {sorted(wanted - found.keys())}"
        return found

    # -- its services ------------------------------------------------------------------------------------------------------

    def show(self, service: str, name: str) -> str:
        """Return what systemd says of a service."""
        return self.machine.output("systemctl", "show", "--value", "--property", name, f"decnet-{service}.service")

    def shown(self, name: str) -> dict[str, str]:
        """Return what systemd says of every service."""
        return {row.name: self.show(row.name, name) for row in SERVICES}

    def process(self, service: str) -> int:
        """Return the process of a service; 0 where it does not run."""
        return int(self.show(service, "MainPID"))

    def processes(self) -> dict[str, int]:
        """Return the process of every service."""
        return {row.name: self.process(row.name) for row in SERVICES}

    def memory_kib(self, service: str) -> int:
        """Return the memory of a service, what it shares with others divided among them (PSS)."""
        rollup = self.machine.output("cat", f"/proc/{self.process(service)}/smaps_rollup")
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))

    def kill(self, service: str) -> None:
        """End a service as a crash does, if it runs."""
        process = self.process(service)
        # 0 would be everything in our own process group
        assert process > 1, f"{service} does not run"
        self.machine.run(["kill", "-9", str(process)])

    def stale(self) -> list[str]:
        """Return the units that needrestart would restart, as their files were replaced."""
        listed = self.machine.run(["needrestart", "-b", "-r", "l"], check=False).stdout
        assert "NEEDRESTART-VER" in listed
        return [line.partition(": ")[2] for line in listed.splitlines() if line.startswith("NEEDRESTART-SVC: ")]

    def probe(self, service: str, program: str) -> str:
        """Run a Python program in the place of a service, in all that locks it in; return what it printed."""
        unit, drop_in = f"decnet-{service}.service", f"/run/systemd/system/decnet-{service}.service.d/90-probe.conf"
        self.machine.put("/srv/probe.py", program)
        self.machine.put(drop_in, _AS_PROBE.format(program="/srv/probe.py"))
        self.machine.run(["systemctl", "daemon-reload"])
        self.machine.run(["systemctl", "stop", unit])
        try:
            self.machine.run(["systemctl", "start", unit])
            invocation = self.show(service, "InvocationID")
            journal = ["journalctl", "--output=cat", "--no-pager", f"_SYSTEMD_INVOCATION_ID={invocation}"]
            self.machine.wait_until([*journal, "--grep", "^END$"])
            return self.machine.output(*journal)
        finally:
            self.machine.run(["rm", drop_in])
            self.machine.run(["systemctl", "daemon-reload"])
            self.machine.run(["systemctl", "start", unit])
            self.until_well()

    # -- its package and its store -----------------------------------------------------------------------------------------

    def state(self) -> str:
        """Return the letters of dpkg, ``ii`` is installed, ``iF`` half configured; and the version."""
        return self.machine.output("dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Version}", "decnet")

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        code = self.machine.run(["test", "-e", path], check=False).returncode
        assert code in {0, 1}
        return code == 0

    def dump(self, database: str = DATABASE) -> str:
        """Return everything that a store holds, as SQL."""
        return self.machine.output("python3", "-c", _DUMP.format(database))

    def is_sound(self, database: str) -> bool:
        """Say whether SQLite finds every page of a store in order."""
        return self.machine.output("python3", "-c", _SOUND.format(database)) == "ok"

    def backups(self) -> list[str]:
        """Return the backups, the oldest first."""
        return sorted(self.machine.output("find", "/var/lib/decnet-package/backups", "-name", "decnet.db").splitlines())

    def hook(self, script: str, program: str) -> None:
        """Have a maintainer script of the installed version run a program, whenever it is called as for an upgrade."""
        self.machine.put("/srv/hook", f"#!/bin/sh\n{program}", mode=0o755)
        line = '[ "$1" != upgrade ] || /srv/hook >/srv/hook.log 2>\\&1 </dev/null'
        self.machine.run(["sed", "-i", f"s~^set -e$~set -e\\n{line}~", f"/var/lib/dpkg/info/decnet.{script}"])

    def expect_whole(self, version: str) -> None:
        """Fail unless this version is installed, every service runs it, and nothing is left of its installation."""
        self.until_well()
        assert self.state() == f"ii  {version}"
        assert self.versions() == {version.partition("-")[0]}
        assert set(self.shown("ActiveState").values()) == {"active"}
        assert not self.has(GATE)
        assert not self.has(JOURNAL)
        assert self.machine.output("dpkg", "--audit") == ""
        assert self.machine.failed_units() == []


@dataclass(frozen=True)
class Installed:
    """What became of an installation, and the machine as a layer that others stand on."""

    layer: Machine
    finished: Finished
    seconds: float
    facts: Mapping[str, str]
    packets: list[str]
