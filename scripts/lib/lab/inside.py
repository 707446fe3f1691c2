# SPDX-License-Identifier: MIT
"""What can be done inside a machine that runs: commands, files, packages."""

import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from decnet.errors import HostError, NotFoundError, NotRunningError
from scripts.lib.lab import entry
from scripts.lib.lab.program import CommandFailedError, Finished, attempt, expect_success, pass_through

RUN_SECONDS = 60.0
INSTALL_SECONDS = 300.0
LOOK_SECONDS = 0.1

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}
PACKAGES = "/srv/packages"


class Inside(ABC):
    """The inside of one machine."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the lab calls it."""

    @property
    @abstractmethod
    def leader(self) -> int:
        """The process, as the host numbers it, that is process 1 inside; ``NotRunningError`` where there is none."""

    @property
    @abstractmethod
    def root_group(self) -> Path:
        """The control group that is the root as seen from inside."""

    def command(self, argv: Sequence[str], *, user: str = "", environment: Mapping[str, str] | None = None) -> list[str]:
        """Return the command of the host that runs a program inside: no shell, an environment of its own, ended with us."""
        enter = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--"]
        variables = [f"{name}={value}" for name, value in {**ENVIRONMENT, **(environment or {})}.items()]
        clean = ["env", "-i", *variables, "setpriv", "--pdeathsig", "KILL", "--"]
        become = ["runuser", "-u", user, "--"] if user else []
        return [*isolated(entry), str(self.root_group / "lab.scope"), *enter, *clean, *become, *argv]

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        deadline_seconds: float = RUN_SECONDS,
        stdin: str = "",
        user: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run a program inside, as root where no user is named; raise ``CommandFailedError`` where ``check`` and it fails."""
        what = self._what(argv)
        command = self.command(argv, user=user, environment=environment)
        finished = attempt(command, what=what, stdin=stdin, deadline_seconds=deadline_seconds)
        return expect_success(finished, what=what) if check else finished

    def output(self, *argv: str, user: str = "") -> str:
        """Run a program inside that has to go well, and return what it printed, without the last line's end."""
        return self.run(argv, user=user).stdout.rstrip("\n")

    def pass_through(self, argv: Sequence[str]) -> int:
        """Run a program inside with our own standard streams and return its exit code."""
        environment = {"TERM": os.environ.get("TERM", "dumb")}
        return pass_through(self.command(argv, environment=environment))

    def wait_until(self, argv: Sequence[str], *, deadline_seconds: float = RUN_SECONDS, user: str = "") -> Finished:
        """Run a program inside again and again until it ends with 0; raise ``CommandFailedError`` with its last words."""
        deadline = time.monotonic() + deadline_seconds
        while True:
            finished = self.run(argv, check=False, user=user, deadline_seconds=deadline_seconds)
            if finished.returncode == 0:
                return finished
            if time.monotonic() >= deadline:
                raise CommandFailedError(f"{self._what(argv)}, again and again for {deadline_seconds:.0f} s,", finished)
            time.sleep(LOOK_SECONDS)

    def put(self, path: str, content: str | bytes, *, mode: int = 0o644, owner: str = "root", group: str = "root") -> None:
        """Write a file inside, its folders made where they are missing."""
        data = content.encode() if isinstance(content, str) else content
        argv = ["install", "-D", "-m", f"{mode:o}", "-o", owner, "-g", group, "/dev/stdin", path]
        done = subprocess.run(self.command(argv), input=data, capture_output=True, check=False, process_group=0)  # noqa: S603 - ours
        if done.returncode:
            raise HostError(f"{self.name}: {path} could not be written: {done.stderr.decode(errors='replace').strip()}")

    def pull(self, path: str) -> bytes:
        """Return what is in a file inside; raise ``NotFoundError`` where it cannot be read."""
        argv = self.command(["cat", "--", path])
        done = subprocess.run(argv, capture_output=True, check=False, process_group=0)  # noqa: S603 - ours
        if done.returncode:
            raise NotFoundError(f"{self.name}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def apt(self, *arguments: str, check: bool = True, deadline_seconds: float = INSTALL_SECONDS) -> Finished:
        """Run apt-get as where no operator is: yes to all, no questions, nothing to read from."""
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        argv = ["apt-get", "--yes", "--quiet", *arguments]
        return self.run(argv, check=check, deadline_seconds=deadline_seconds, environment=environment)

    def install(self, *packages: str | Path, check: bool = True, deadline_seconds: float = INSTALL_SECONDS) -> Finished:
        """Install packages with apt: .deb files of the host from a copy that does not stay, others by their names."""
        try:
            words = [self._copied(Path(package)) if str(package).endswith(".deb") else str(package) for package in packages]
            return self.apt("install", *words, check=check, deadline_seconds=deadline_seconds)
        finally:
            self.run(["rm", "-rf", "--", PACKAGES])

    def state(self) -> str:
        """Return what systemd inside says of the whole: running, degraded, starting, stopping; or off."""
        try:
            return self.run(["systemctl", "is-system-running"], check=False).stdout.strip() or "starting"
        except NotRunningError:
            return "off"

    def failed_units(self) -> list[str]:
        """Return the units that failed."""
        lines = self.output("systemctl", "list-units", "--failed", "--plain", "--no-legend", "--full").splitlines()
        return [line.split()[0] for line in lines]

    def _copied(self, package: Path) -> str:
        """Copy a package in, and return where it is."""
        if not package.is_file():
            raise NotFoundError(f"there is no file {package}", remedy="scripts/build-deb, which makes packages in dist/")
        path = f"{PACKAGES}/{package.name}"
        self.put(path, package.read_bytes())
        return path

    def _what(self, argv: Sequence[str]) -> str:
        """Return a command as it stands in a sentence."""
        return f"{self.name}: {' '.join(argv)}"


def isolated(module: ModuleType) -> list[str]:
    """Return the command that runs a module of ours as a program of its own that imports nothing but Python itself."""
    return [sys.executable, "-I", "-S", str(module.__file__)]
