# SPDX-License-Identifier: MIT
"""Signed apt repositories: who signs them, and the folders that machines see at ``SEEN_AT``."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.beside import beside
from tests.support.packages import output

SEEN_AT = "/srv/repository"


@dataclass(frozen=True)
class Signer:
    """Somebody with keys."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What ``gpg`` finds the keys with."""
        return {"PATH": os.environ["PATH"], "GNUPGHOME": str(self.home), "LC_ALL": "C.UTF-8"}

    @cached_property
    def key(self) -> str:
        """The key that signs where none is named."""
        return self.new_key()

    def new_key(self) -> str:
        """Make a key and return its fingerprint."""
        name = f"test {len(list(self.home.glob('private-keys-v1.d/*')))} <test@decnet.invalid>"
        return output("scripts/build-repo", str(self.home), "--new-key", name, environment=self.environment).strip()

    def repository(self, folder: Path, *packages: Path) -> "Repository":
        """Publish packages, beside those that are there, where machines that see the folder find them."""
        found = Repository(folder, self)
        found.publish("--key", self.key, "--uri", f"file:{SEEN_AT}", *map(str, packages))
        folder.chmod(0o755)
        return found


@dataclass(frozen=True)
class Repository:
    """A folder with packages and their index."""

    folder: Path
    signer: Signer

    def publish(self, *arguments: str) -> str:
        """Index and sign: ``scripts/build-repo FOLDER ARGUMENTS``."""
        return output("scripts/build-repo", str(self.folder), *arguments, environment=self.signer.environment)

    def keyring_package(self, codename: str) -> Path:
        """Return the newest package that lets a client trust the repository."""
        return max((self.folder / "pool" / codename).glob("decnet-archive-keyring_*.deb"))


@contextmanager
def signing(home: Path) -> Iterator[Signer]:
    """
    Give a signer whose keys are in a folder.

    ``gpg`` reaches secret keys through an agent only, and starts one that stays for ever where there is none. Ours is there
    before, and ends when standard input of the program does that it was started for: however we end.
    """
    home.mkdir(mode=0o700, exist_ok=True)
    home.chmod(0o700)
    (home / "gpg.conf").write_text("no-autostart\n")
    agent = ("gpg-agent", "--quiet", "--homedir", str(home), "--daemon")
    with beside([*agent, "sh", "-c", "echo ready; exec cat"], "ready"):
        yield Signer(home)
        # it would see that only some seconds later
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)
