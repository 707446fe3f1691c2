# SPDX-License-Identifier: MIT
"""
Root file systems on which machines stand: Debian, without a network, with what the packages under test may need.

A base is built once and is never written again. Its name ends in a digest of everything that it is made of, the day left out:
whoever changes this file gets new ones, and two checkouts with the same file share theirs.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from decnet.errors import HostError, NotFoundError
from scripts.lib.lab.folder import Folder, locked, locked_if_free
from scripts.lib.lab.mounts import unmount_below
from scripts.lib.lab.program import finish

Say = Callable[[str], None]

UNUSED_DAYS = 14
DAY_SECONDS = 86_400
TAIL_LINES = 15

# a machine has no way out: what the packages under test depend on, and what tests call, has to be here
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "polkitd", "init-system-helpers"),
    *("debconf", "debconf-utils", "adduser", "apt-utils", "unattended-upgrades", "needrestart", "gpgv"),
    *("python3", "procps", "iproute2", "netbase", "ca-certificates", "logrotate", "libcap2-bin"),
    *("openssh-client", "sshpass", "curl", "sudo", "autopkgtest"),
)
DOCKER = {
    "bookworm": ("docker.io", "docker-compose"),
    "trixie": ("docker.io", "docker-cli", "docker-compose", "docker-buildx"),
}
# what a virtual machine of this kind cannot do (modules, kernel file systems, a console), and what would use apt unasked
MASKED = (
    *("systemd-modules-load.service", "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "dev-hugepages.mount"),
    *("console-getty.service", "getty.target", "e2scrub_reap.service", "e2scrub_all.timer"),
    *("apt-daily.timer", "apt-daily-upgrade.timer"),
)
FILES = {
    "etc/apt/sources.list": "",
    "etc/resolv.conf": "",
    "etc/hostname": "",
    "etc/machine-id": "",
    "etc/apt/apt.conf.d/99lab": 'DPkg::Lock::Timeout "60";\n',
}


@dataclass(frozen=True)
class Recipe:
    """What a base is made of."""

    suite: str
    packages: tuple[str, ...]
    masked: tuple[str, ...] = MASKED
    enabled: tuple[str, ...] = ("systemd-networkd.service",)
    files: dict[str, str] = field(default_factory=lambda: dict(FILES))

    @property
    def digest(self) -> str:
        """What tells this recipe from every other one."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]


def recipe(suite: str, *, docker: bool = False) -> Recipe:
    """Return the recipe of a suite's base; raise ``NotFoundError`` for a suite that the lab does not know."""
    if suite not in DOCKER:
        raise NotFoundError(f"the lab knows no suite {suite}", remedy=f"take one of: {', '.join(DOCKER)}")
    return Recipe(suite, PACKAGES + (DOCKER[suite] if docker else ()))


class Base:
    """The root file system of one recipe."""

    def __init__(self, folder: Folder, suite: str, *, docker: bool = False) -> None:
        self.recipe = recipe(suite, docker=docker)
        self.name = f"{suite}{'-docker' if docker else ''}-{self.recipe.digest}"
        self.path = folder.bases / self.name
        self._folder = folder

    @property
    def is_built(self) -> bool:
        """Say whether it is there; it appears as a whole."""
        return self.path.is_dir()

    def ensure(self, say: Say) -> Path:
        """Return where it is, built first where it is not there; others who want the same one wait."""
        self._folder.make()
        lock = self._folder.bases / f"{self.name}.lock"
        with locked(lock):
            if not self.is_built:
                self._build(say)
            os.utime(lock)
        return self.path

    def _build(self, say: Say) -> None:
        """Build beside, then give it its name."""
        begun = time.monotonic()
        say(f"base {self.name}: building; this takes about a minute")
        new = self.path.with_name(f"{self.name}.new")
        remove_tree(new)
        self._bootstrap(new, say)
        self._settle(new)
        new.rename(self.path)
        say(f"base {self.name}: built after {time.monotonic() - begun:.0f} s")

    def _bootstrap(self, root: Path, say: Say) -> None:
        """Install Debian into a folder, saying what it does."""
        argv = ["mmdebstrap", "--variant=minbase", "--mode=root", f"--include={','.join(self.recipe.packages)}"]
        lines: list[str] = []
        with subprocess.Popen(  # noqa: S603 - the arguments are ours, and no shell reads them
            [*argv, self.recipe.suite, str(root)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process:
            assert process.stderr is not None  # noqa: S101 - it was started with a pipe; tells mypy
            for line in process.stderr:
                lines.append(line.rstrip())
                if line.startswith("I: "):
                    say(f"base {self.name}: {line[3:].rstrip()}")
        if process.returncode:
            tail = "".join(f"\n    {line}" for line in lines[-TAIL_LINES:])
            raise HostError(
                f"base {self.name} could not be built:{tail}", remedy="look at the lines above; then scripts/lab build"
            )

    def _settle(self, root: Path) -> None:
        """Make a machine's root file system out of an installed one: no name, no sources, no way to a network."""
        for name, text in self.recipe.files.items():
            path = root / name
            path.unlink(missing_ok=True)
            path.write_text(text)
        finish("systemctl", f"--root={root}", "--quiet", "mask", *self.recipe.masked)
        finish("systemctl", f"--root={root}", "--quiet", "enable", *self.recipe.enabled)
        # the first boot of every machine would do this again
        finish("chroot", str(root), "ldconfig")
        for name in ("etc/.updated", "var/.updated"):
            (root / name).touch()


def prune(folder: Folder, in_use: Collection[str]) -> None:
    """Remove the bases that no machine stands on and nobody asked for in a while, and what killed builds left."""
    for half in folder.bases.glob("*.new"):
        with suppress(FileNotFoundError), locked_if_free(half.with_suffix(".lock")) as free:
            if free:
                remove_tree(half)
    for lock in folder.bases.glob("*.lock"):
        base = lock.with_suffix("")
        if str(base) not in in_use and time.time() - lock.stat().st_mtime > UNUSED_DAYS * DAY_SECONDS:
            with locked_if_free(lock) as free:
                if free:
                    remove_tree(base)
                    lock.unlink()


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it; never what is mounted there."""
    if path.is_dir():
        unmount_below(path)
        shutil.rmtree(path)


def names(suites: Sequence[str]) -> list[str]:
    """Return the suites that were named, or all of them."""
    return list(suites) or list(DOCKER)
