# SPDX-License-Identifier: MIT
"""What the configurator works on: a root, an environment, and where its words go."""

import fcntl
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from decnet.host.process import Finished, check, search_path
from decnet.install.failure import BusyError, InvalidError
from decnet.install.layout import LOCK, SYSTEMD
from decnet.install.tree import Tree

_TRUE = {"1", "yes", "true", "y", "t", "on"}


def to_stderr(message: str) -> None:
    """Say something to the operator; standard output belongs to programs."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - the configurator's one way to speak


@dataclass(frozen=True, kw_only=True)
class Host:
    """
    One system: the one that runs, or an image in a folder.

    ``by_package`` is set where a package's maintainer script asks: then the host's policy about starting services counts.
    """

    tree: Tree
    variables: Mapping[str, str]
    by_package: bool = False
    say: Callable[[str], None] = field(default=to_stderr)

    @property
    def is_live(self) -> bool:
        """Whether systemd runs here and may be asked to start and stop services."""
        offline = self.variables.get("SYSTEMD_OFFLINE", "").lower() in _TRUE
        return self.tree.is_host and not offline and self.tree.is_folder(SYSTEMD)

    def program(self, *arguments: str, given: str | None = None, timeout_seconds: float = 120.0) -> Finished:
        """Run one of systemd's programs on this root; raise ``CommandFailed`` where it fails."""
        root = () if self.tree.is_host else (f"--root={self.tree.root}",)
        return check((arguments[0], *root, *arguments[1:]), given=given, timeout_seconds=timeout_seconds)

    def command(self, *arguments: str) -> str:
        """Return a command of the system as somebody has to type it for this root."""
        return shlex.join(arguments if self.tree.is_host else ("chroot", str(self.tree.root), *arguments))

    def remedy(self, said: str) -> str:
        """Return a remedy with the commands of decnet as they are for this root: those for an image name it."""
        if self.tree.is_host:
            return said
        root = shlex.quote(str(self.tree.root))
        said = said.replace("decnet doctor", "decnet configure diff").replace("decnet init", f"decnet init --prefix {root}")
        return said.replace("decnet configure", f"decnet configure --root {root}")

    def has_program(self, name: str) -> bool:
        """Say whether a program is there."""
        return shutil.which(name, path=search_path(self.variables.get("PATH", ""))) is not None


@contextmanager
def locked(tree: Tree) -> Iterator[None]:
    """Keep every other configuration of this root out; raise ``BusyError`` where one runs."""
    folder, name = os.path.split(LOCK)
    with tree.folder(folder, make=0o755) as parent:
        try:
            lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)
        except OSError as error:
            raise InvalidError(f"{tree.outside(LOCK)} cannot be opened: {error.strerror}", remedy="run this as root") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("another configuration of this host runs", remedy="wait for its end, then try again") from None
        yield
    finally:
        os.close(lock)


def of(root: Path, variables: Mapping[str, str], *, by_package: bool = False) -> Host:
    """Return the host with this root; raise ``InvalidError`` where there is none."""
    if not root.is_absolute() or not root.is_dir():
        raise InvalidError(f"{root} is no folder with an absolute path", remedy="name the root of an image: --root /path")
    running = Path("/")
    place = running if root.samefile(running) else root.resolve()
    return Host(tree=Tree(place), variables=variables, by_package=by_package)
