# SPDX-License-Identifier: MIT
"""decnet on a booted machine from its package: what the tests of upgrades look at."""

import json
from dataclasses import dataclass
from typing import Any

from decnet.catalog import SERVICES
from decnet.install.render import unit_of
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.program import Finished

UNITS = tuple(unit_of(service) for service in SERVICES)
GATE = "/run/decnet-upgrade.lock"
STORE = "/var/lib/decnet/store/decnet.db"
FLEET = """\
[fleet]
name = upgrades
[decoy front]
archetype = linux-server
address = 127.20.0.9
lures = ssh, http
"""
# what is in the store, and nothing of how its pages lie
_DUMP = """\
import sqlite3, sys
store = sqlite3.connect("file:{}?mode=ro", uri=True)
sys.stdout.writelines(line + chr(10) for line in store.iterdump())
"""
_SOUND = "import sqlite3; print(*sqlite3.connect('file:{}?mode=ro', uri=True).execute('PRAGMA integrity_check').fetchone())"


@dataclass
class Packaged:
    """A machine on which the package is installed."""

    machine: Machine

    def settle(self) -> None:
        """Wait until every service says that it is well."""
        self.machine.wait_until(["decnet", "services"])

    def deploy(self) -> None:
        """Make the decoys that are attacked."""
        self.machine.put("/root/fleet.ini", FLEET)
        self.machine.run(["decnet", "deploy", "/root/fleet.ini", "--yes"])
        self.settle()

    def state(self) -> str:
        """Return the two letters of dpkg, and the version."""
        return self.machine.output("dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Version}", "decnet")

    def show(self, unit: str, name: str) -> str:
        """Return what systemd says of a unit."""
        return self.machine.output("systemctl", "show", "--value", "--property", name, unit)

    def processes(self) -> dict[str, str]:
        """Return the main process of every service; 0 where it does not run."""
        return {unit: self.show(unit, "MainPID") for unit in UNITS}

    def states(self) -> dict[str, str]:
        """Return whether each service is active."""
        return {unit: self.show(unit, "ActiveState") for unit in UNITS}

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what a listing of decnet shows."""
        return [json.loads(line) for line in self.machine.output("decnet", *arguments, "--format", "json").splitlines()]

    def versions(self) -> set[str]:
        """Return the versions that the services say they are."""
        return {row["version"] for row in self.lines("services")}

    def dump(self, database: str = STORE) -> str:
        """Return everything that a store holds, as SQL."""
        return self.machine.output("python3", "-c", _DUMP.format(database))

    def is_sound(self, database: str) -> bool:
        """Say whether SQLite finds every page of a store in order."""
        return self.machine.output("python3", "-c", _SOUND.format(database)) == "ok"

    def backups(self) -> list[str]:
        """Return the backups, the oldest first."""
        return sorted(self.machine.output("find", "/var/lib/decnet-package/backups", "-name", "decnet.db").splitlines())

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        return self.machine.run(["test", "-e", path], check=False).returncode == 0

    def hook(self, script: str, program: str) -> None:
        """Have a maintainer script of the installed version run a program, whenever it is called as for an upgrade."""
        self.machine.put("/srv/hook", f"#!/bin/sh\n{program}", mode=0o755)
        line = '[ "$1" != upgrade ] || /srv/hook >/srv/hook.log 2>\\&1 </dev/null'
        self.machine.run(["sed", "-i", f"s~^set -e$~set -e\\n{line}~", f"/var/lib/dpkg/info/decnet.{script}"])

    def doctor(self) -> Finished:
        """Ask what is wrong."""
        return self.machine.run(["decnet", "doctor"], check=False)

    def expect_whole(self, version: str) -> None:
        """Fail unless this version is installed, every service runs it, and nothing is left of its installation."""
        self.settle()
        assert self.state() == f"ii  {version}"
        assert self.versions() == {version.partition("-")[0]}
        assert set(self.states().values()) == {"active"}
        assert not self.has(GATE)
        assert not self.has("/var/lib/decnet-package/journal")
        assert self.machine.output("dpkg", "--audit") == ""
        assert self.machine.failed_units() == []
