# SPDX-License-Identifier: MIT
"""decnet on a booted machine without a package: its programs bound in, its files placed, its services started."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decnet.catalog import SERVICES
from decnet.install.identity import Identity
from decnet.install.render import rendered, unit_of, vendor
from decnet.paths import TEMPLATES
from scripts.lib.lab.machine import Machine
from tests.support.sources import ROOT

PYTHON = {"bookworm": "3.11", "trixie": "3.13"}
ENTRY = "#!/opt/decnet/bin/python\nimport sys\nfrom decnet.cli.main import main\nsys.exit(main())\n"
IDENTITY = Identity(user="honey", group="secops")
AS_PROBE = "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecStart=\nExecStart=/opt/decnet/bin/python {program}\n"


def environment(folder: Path, suite: str) -> Path:
    """Make a virtual environment for the interpreter of a suite, of what requirements.lock pins and this checkout."""
    version = PYTHON[suite]
    packages = folder / "lib" / f"python{version}" / "site-packages"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    which = ["--python-version", version, "--target", str(packages), "--requirement", str(ROOT / "requirements.lock")]
    subprocess.run([*pip, *which], check=True, timeout=300)
    subprocess.run(["cp", "-r", str(ROOT / "decnet"), str(packages)], check=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(f"/usr/bin/python{version}")
    (folder / "bin" / "decnet").write_text(ENTRY)
    (folder / "bin" / "decnet").chmod(0o755)
    (folder / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {version}\n")
    subprocess.run(["cp", "-r", "-T", str(TEMPLATES), str(made(folder / "share" / "decnet") / "templates")], check=True)
    return folder


def made(folder: Path) -> Path:
    """Make a folder and return it."""
    folder.mkdir(parents=True)
    return folder


@dataclass
class Placed:
    """A machine on which decnet runs."""

    machine: Machine

    @classmethod
    def start(cls, machine: Machine) -> "Placed":
        """Place accounts, folders and units, start everything, and deploy a decoy."""
        for file in (*vendor(), *rendered(IDENTITY, complete=False)):
            if file.link:
                machine.run(["mkdir", "-p", str(file.path.parent)])
                machine.run(["ln", "-sfn", file.link, str(file.path)])
            else:
                machine.put(str(file.path), file.text, mode=file.mode)
        machine.run(["ln", "-s", "/opt/decnet/bin/decnet", "/usr/bin/decnet"])
        machine.run(["systemd-sysusers", "decnet.conf"])
        machine.run(["systemd-tmpfiles", "--create", "decnet.conf"])
        machine.run(["setpriv", "--reuid=honey", "--regid=secops", "--clear-groups", "decnet", "store", "migrate"])
        machine.run(["systemctl", "daemon-reload"])
        machine.run(["systemctl", "enable", "--quiet", "decnet.target", *map(unit_of, SERVICES)])
        machine.run(["systemctl", "start", "decnet.target"])
        placed = cls(machine)
        placed.until_well()
        machine.run(["decnet", "deploy", "--decoys", "1", "--archetype", "linux-server", "--yes"])
        return placed

    def until_well(self) -> None:
        """Wait until every service says that it is well."""
        self.machine.wait_until(["decnet", "services"])

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what a listing of decnet shows."""
        output = self.machine.output("decnet", *arguments, "--format", "json")
        return [json.loads(line) for line in output.splitlines()]

    def process(self, service: str) -> int:
        """Return the process of a service; 0 where it does not run."""
        return int(self.show(service, "MainPID"))

    def show(self, service: str, name: str) -> str:
        """Return what systemd says of a service."""
        return self.machine.output("systemctl", "show", "--value", "--property", name, f"decnet-{service}.service")

    def probe(self, service: str, program: str) -> str:
        """Run a Python program in the place of a service, in all that locks it in; return what it printed."""
        unit, drop_in = f"decnet-{service}.service", f"/run/systemd/system/decnet-{service}.service.d/90-probe.conf"
        self.machine.put("/srv/probe.py", program)
        self.machine.put(drop_in, AS_PROBE.format(program="/srv/probe.py"))
        self.machine.run(["systemctl", "daemon-reload"])
        self.machine.run(["systemctl", "stop", unit])
        self.machine.run(["systemctl", "start", unit])
        invocation = self.show(service, "InvocationID")
        try:
            journal = ["journalctl", "--output=cat", "--no-pager", f"_SYSTEMD_INVOCATION_ID={invocation}"]
            self.machine.wait_until([*journal, "--grep", "^END$"])
            return self.machine.output(*journal)
        finally:
            self.machine.run(["rm", drop_in])
            self.machine.run(["systemctl", "daemon-reload"])
            self.machine.run(["systemctl", "start", unit])
            self.until_well()
