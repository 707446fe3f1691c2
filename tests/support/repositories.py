# SPDX-License-Identifier: MIT
"""Signed repositories of packages, as machines see them: a folder that is bound to one place."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.lib.lab.machine import Machine
from tests.support.packages import output

SEEN_AT = "/srv/repository"
ANSWERS = "decnet decnet/user string honey\ndecnet decnet/group string secops\n"


@dataclass
class Signer:
    """Somebody with a key."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What gpg is told."""
        return {"PATH": os.environ["PATH"], "GNUPGHOME": str(self.home), "LC_ALL": "C.UTF-8"}

    @cached_property
    def key(self) -> str:
        """The key, made when it is needed first."""
        made = output(
            "scripts/build-repo", str(self.home), "--new-key", "test <test@decnet.invalid>", environment=self.environment
        )
        return made.strip()

    def repository(self, folder: Path, *packages: Path) -> Path:
        """Add packages to the repository in a folder, index and sign it."""
        options = ("--key", self.key, "--uri", f"file:{SEEN_AT}")
        output("scripts/build-repo", str(folder), *options, *map(str, packages), environment=self.environment)
        folder.chmod(0o755)
        return folder


@contextmanager
def signer(home: Path) -> Iterator[Signer]:
    """Give a signer; gpg has started an agent for it, which ends with the block."""
    home.chmod(0o700)
    yield Signer(home)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def install_previous(machine: Machine, repository: Path) -> None:
    """Trust the repository that a machine sees, and install decnet from it, for honey of secops."""
    keyring = next((repository / "pool" / machine.suite).glob("decnet-archive-keyring_*.deb"))
    machine.install(keyring)
    machine.run(["debconf-set-selections"], stdin=ANSWERS)
    machine.apt("update")
    machine.apt("install", "decnet")
