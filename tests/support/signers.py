# SPDX-License-Identifier: MIT
"""Signed apt repositories, with keys of their own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.packages import output


@dataclass(frozen=True)
class Signer:
    """Somebody with keys, and the repository they sign."""

    home: Path
    repository: Path

    @property
    def environment(self) -> dict[str, str]:
        """What ``gpg`` finds the keys with."""
        return {"PATH": os.environ["PATH"], "GNUPGHOME": str(self.home), "LC_ALL": "C.UTF-8"}

    def new_key(self) -> str:
        """Make a key and return its fingerprint."""
        name = f"test {len(list(self.home.glob('private-keys-v1.d/*')))} <test@decnet.invalid>"
        return output("scripts/build-repo", str(self.repository), "--new-key", name, environment=self.environment).strip()

    def publish(self, *arguments: str) -> str:
        """Index and sign."""
        return output("scripts/build-repo", str(self.repository), *arguments, environment=self.environment)

    def keyring_package(self, codename: str) -> Path:
        """Return the newest package that lets a client trust the repository."""
        return max((self.repository / "pool" / codename).glob("decnet-archive-keyring_*.deb"))


@contextmanager
def signing(folder: Path) -> Iterator[Signer]:
    """Give a signer whose keys and repository are in a folder."""
    home = folder / "gnupg"
    home.mkdir(mode=0o700)
    found = Signer(home, folder / "repository")
    found.repository.mkdir()
    try:
        yield found
    finally:
        # gpg has started an agent for this folder
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
