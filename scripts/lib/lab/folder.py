# SPDX-License-Identifier: MIT
"""Where the lab keeps what: root file systems, machines, networks; and the locks between several runs of the lab."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from decnet.errors import HostError

HOME = Path("/var/cache/decnet-lab")
# the kernel allows 107 bytes for the address of a socket, and each machine has one in its folder
LONGEST = 48


class Folder:
    """The lab's folder. Two labs with folders of their own know nothing of each other, but may share their bases."""

    def __init__(self, root: Path = HOME, *, bases: Path | None = None) -> None:
        if len(str(root)) > LONGEST:
            raise HostError(f"the path of the lab's folder has more than {LONGEST} characters: {root}")
        self.root = root
        self.bases = bases or root / "bases"
        self.machines = root / "machines"
        self.networks = root / "networks"

    def make(self) -> None:
        """Make the folders, for root alone: a root file system holds programs with other owners' rights."""
        for path in (self.root, self.bases, self.machines, self.networks):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lab for a moment: while names, addresses and networks are given or taken back."""
        with locked(self.root / "lock"):
            yield


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock; it is free again when its holder dies. What is started meanwhile does not inherit it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """
    Hold a lock that nobody holds; say whether that went well. Raise ``FileNotFoundError`` where there is none.

    It is never made here: whoever is removing the folder that it is in would find that not empty.
    """
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
