# SPDX-License-Identifier: MIT
"""decnet on booted machines as an operator gets it: apt installs it from a signed repository, and nobody answers a question."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from decnet.catalog import SERVICES
from decnet.install.identity import Identity
from decnet.install.render import unit_of
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.program import Finished
from tests.support.signers import Signer

HONEY = Identity(user="honey", group="secops")
MOUNTED = "/srv/repository"
ADDRESS = "127.20.0.61"
ACCOUNT = ("root", "welcome1")
FLEET = f"""\
[fleet]
name = lab

[decoy web01]
archetype = web-server
address = {ADDRESS}

[decoy web01/ssh]
accounts = {":".join(ACCOUNT)}
"""
ASK = 'printf "%s\\n" "$@" | debconf-set-selections'
INSTALL = ("apt-get", "install", "--yes", "--quiet", "decnet")
UNATTENDED = {"DEBIAN_FRONTEND": "noninteractive"}
UNITS = [unit_of(row) for row in SERVICES]
_AS_PROBE = "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecStart=\nExecStart=/opt/decnet/bin/python {program}\n"
_SSH = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
_PAGE = 1000
# real clients, one after the other on each lure until standard input ends; what they were answered is printed as JSON
_ATTACK = """\
import json, subprocess, sys, threading
places, ssh = json.loads(sys.argv[1]), json.loads(sys.argv[2])
ended, begun, answered = threading.Event(), [], []
def argv(lure, word):
    if lure == "http":
        return ["curl", "-sS", "-o", "/dev/null", "--max-time", "20", f"http://{places[lure]}/{word}"]
    return [*ssh, f"echo {word}"]
def attack(lure):
    for number in range(5000):
        if ended.is_set():
            return
        word = f"{lure}-{number}"
        begun.append(word)
        done = subprocess.run(argv(lure, word), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if done.returncode == 0 and (lure == "http" or done.stdout.strip() == word):
            answered.append(word)
            if len(answered) == 5:
                print("under way", flush=True)
        else:
            ended.wait(0.05)
threads = [threading.Thread(target=attack, args=(lure,)) for lure in places]
for thread in threads:
    thread.start()
sys.stdin.read()
ended.set()
for thread in threads:
    thread.join()
print(json.dumps({"begun": begun, "answered": answered}))
"""


@dataclass
class Attack:
    """What clients asked, and which of it was answered, once it has ended."""

    begun: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Packaged:
    """A machine with the package of decnet on it."""

    machine: Machine
    identity: Identity = field(default_factory=Identity)

    def answer(self, **answers: str) -> None:
        """Answer debconf's questions before they are asked; ``user="honey"``."""
        kinds = {"true": "boolean", "false": "boolean"}
        lines = [f"decnet decnet/{name} {kinds.get(value, 'string')} {value}" for name, value in answers.items()]
        self.machine.run(["sh", "-c", ASK, "sh", *lines])

    def trust(self, signer: Signer) -> None:
        """Let apt know the repository, which the machine sees as a folder."""
        package = signer.keyring_package(self.machine.suite).relative_to(signer.repository)
        self.machine.apt("install", f"{MOUNTED}/{package}")
        self.machine.apt("update", "--error-on=any")

    def install(self) -> Finished:
        """Install decnet, or try to."""
        return self.machine.run(INSTALL, environment=UNATTENDED, check=False, deadline_seconds=300)

    def deploy(self) -> None:
        """Put a decoy up that speaks ssh and http."""
        self.machine.run(["decnet", "deploy", "-", "--yes"], stdin=FLEET)

    def until_well(self) -> None:
        """Wait until every service says that it is well."""
        self.machine.wait_until(["decnet", "services"])

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what a listing of decnet shows."""
        output = self.machine.output("decnet", *arguments, "--format", "json")
        return [json.loads(line) for line in output.splitlines()]

    def places(self) -> dict[str, str]:
        """Return where the lures listen, ``ADDRESS:PORT``, by their names."""
        (decoy,) = self.lines("status")
        return {lure["name"]: f"{lure['address']}:{lure['port']}" for lure in decoy["lures"]}

    def log_in(self, command: str) -> str:
        """Run a command on the decoy as an attacker who knows the password; return what it printed."""
        return self.machine.output(*self._ssh(), command)

    def records(self, *filters: str) -> Iterator[dict[str, Any]]:
        """Yield all the evidence there is."""
        cursor = 0
        while page := self.lines("evidence", "list", *filters, "--after", str(cursor), "--limit", str(_PAGE)):
            yield from page
            cursor = page[-1]["cursor"]

    def recorded(self) -> Counter[str]:
        """Return how often each word of an attack is in the store."""
        commands = (row["body"]["command"].removeprefix("echo ") for row in self.records("--kind", "command"))
        return Counter([*commands, *(row["body"]["target"].removeprefix("/") for row in self.records("--kind", "request"))])

    def until_recorded(self, words: Iterable[str], deadline_seconds: float = 30) -> Counter[str]:
        """Wait until each of the words is in the store; return how often each one is."""
        deadline, wanted = time.monotonic() + deadline_seconds, set(words)
        while not wanted <= (found := self.recorded()).keys():
            assert time.monotonic() < deadline, f"never stored: {sorted(wanted - found.keys())}"
        return found

    @contextmanager
    def under_attack(self) -> Iterator[Attack]:
        """Let real clients attack all lures while the block runs."""
        attack = Attack()
        argv = ["python3", "-c", _ATTACK, json.dumps(self.places()), json.dumps(self._ssh())]
        with Popen(self.machine.command(argv), stdin=PIPE, stdout=PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "under way\n"
            try:
                yield attack
            finally:
                process.stdin.close()
                attack.__dict__.update(json.loads(process.stdout.readline()))

    def process(self, service: str) -> int:
        """Return the process of a service; 0 where it does not run."""
        return int(self.show(service, "MainPID"))

    def kill(self, service: str) -> None:
        """End a service as a crash does, if it runs."""
        process = self.process(service)
        # 0 would be everything in our own process group
        assert process > 1, f"{service} does not run"
        self.machine.run(["kill", "-9", str(process)])

    def processes(self) -> dict[str, int]:
        """Return the process of every service."""
        return {row.name: self.process(row.name) for row in SERVICES}

    def show(self, service: str, name: str) -> str:
        """Return what systemd says of a service."""
        return self.machine.output("systemctl", "show", "--value", "--property", name, f"decnet-{service}.service")

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

    def _ssh(self) -> list[str]:
        """Return the beginning of the attacker's ssh."""
        user, password = ACCOUNT
        address, port = self.places()["ssh"].rsplit(":", maxsplit=1)
        return ["sshpass", "-p", password, "ssh", *_SSH, "-p", port, f"{user}@{address}"]


@dataclass(frozen=True)
class Installation:
    """What became of an installation, and the machine as a layer that others stand on."""

    layer: Machine
    finished: Finished
    seconds: float
    facts: Mapping[str, str]
    packets: list[str]


def repository_of(signer: Signer, *packages: Path) -> Signer:
    """Publish packages where machines that see the folder at ``MOUNTED`` find them."""
    signer.publish("--key", signer.new_key(), "--uri", f"file:{MOUNTED}", *map(str, packages))
    return signer
