# SPDX-License-Identifier: MIT
"""
The files of a host, or of an image in a folder, reached without ever following a link.

Every path is walked folder by folder through descriptors: a link that somebody planted on the way ends in an error, and
cannot lead root to another place. Paths are those that the host itself uses; the root is put before them here alone.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from decnet.errors import HostError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNFINISHED = ".decnet-unfinished"
_LARGEST = 4 * 1024 * 1024


class Tree:
    """All files below ``root``; every method takes absolute paths as seen from inside."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    @property
    def is_host(self) -> bool:
        """Whether this is the system that runs, and no image."""
        return self.root == Path("/")

    def outside(self, path: str) -> Path:
        """Return where a file is for the one who runs this; only for messages and for programs that take a root."""
        return self.root / path.lstrip("/")

    @contextmanager
    def folder(self, path: str, *, make: int | None = None) -> Iterator[int]:
        """
        Give a descriptor of a folder; with ``make`` missing folders are made with that mode.

        Raises ``FileNotFoundError`` where it is missing, ``HostError`` where a link or a file is in the way.
        """
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in PurePosixPath(path).parts[1:]:
                below = self._below(descriptor, name, path, make)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def _below(self, parent: int, name: str, path: str, make: int | None) -> int:
        """Open one folder in another."""
        try:
            return os.open(name, _FOLDER, dir_fd=parent)
        except FileNotFoundError:
            if make is None:
                raise
        except NotADirectoryError:
            raise HostError(
                f"{self.outside(path)} cannot be used: {name!r} on the way is a link or a file, and links are not followed",
                remedy=f"make it a folder (a bind mount can lead to another disk), see: namei -l {self.outside(path)}",
            ) from None
        with suppress(FileExistsError):
            os.mkdir(name, make, dir_fd=parent)
        descriptor = os.open(name, _FOLDER, dir_fd=parent)
        os.fchmod(descriptor, make)
        return descriptor

    def look(self, path: str) -> os.stat_result | None:
        """Return what is at a path, a link itself; None where nothing is."""
        parent, name = os.path.split(path)
        try:
            with self.folder(parent) as folder:
                return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def is_folder(self, path: str) -> bool:
        """Say whether a folder is at a path."""
        found = self.look(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def read(self, path: str) -> bytes | None:
        """
        Return the bytes of a regular file; None where there is none. Never waits, never reads without bound.

        Raises ``PermissionError`` for who may not, ``HostError`` where something else is there.
        """
        parent, name = os.path.split(path)
        try:
            with self.folder(parent) as folder:
                descriptor = os.open(name, _READ, dir_fd=folder)
        except FileNotFoundError:
            return None
        except PermissionError:
            raise
        except OSError as error:
            raise HostError(f"{self.outside(path)} cannot be read: {error.strerror}", remedy=f"ls -l {path}") from error
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise HostError(f"{self.outside(path)} is no regular file", remedy=f"ls -l {self.outside(path)}")
            return file.read(_LARGEST)

    def text(self, path: str) -> str | None:
        """Return the text of a file; None where there is none."""
        content = self.read(path)
        return None if content is None else content.decode("utf-8", errors="replace")

    def target(self, path: str) -> str | None:
        """Return where a link leads to; None where there is no link."""
        parent, name = os.path.split(path)
        try:
            with self.folder(parent) as folder:
                return os.readlink(name, dir_fd=folder)
        except OSError:
            return None

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted; none where it is missing."""
        try:
            with self.folder(path) as folder:
                return sorted(listing(folder))
        except FileNotFoundError:
            return []

    def make_folder(self, path: str, mode: int) -> bool:
        """Make a folder, and those above it as others are (0755); say whether that was needed. Its mode is set in any case."""
        known = self.look(path)
        parent, _ = os.path.split(path)
        if known is None:
            with self.folder(parent, make=0o755):
                pass
        with self.folder(path, make=mode) as folder:
            if stat.S_IMODE(os.fstat(folder).st_mode) != mode:
                os.fchmod(folder, mode)
                return True
        return known is None

    def write(self, path: str, content: bytes, mode: int) -> None:
        """Put a whole file at a path, on the disk before it has its name; what was there, even a link, is replaced."""
        parent, name = os.path.split(path)
        with self.folder(parent) as folder:
            temporary = f".{name}{_UNFINISHED}"
            self._fill(folder, temporary, content, mode)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)

    def sweep(self, path: str) -> None:
        """Remove what a killed ``write`` left in a folder."""
        for name in self.names(path):
            if name.endswith(_UNFINISHED):
                self.remove(f"{path}/{name}")

    def stage(self, folder: str, name: str, content: bytes, mode: int) -> None:
        """Make a new file in a folder of ours, whole and on the disk."""
        with self.folder(folder) as descriptor:
            self._fill(descriptor, name, content, mode)

    def _fill(self, folder: int, name: str, content: bytes, mode: int) -> None:
        """Make a file and write it to the disk."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        with os.fdopen(os.open(name, _MAKE, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())

    def stage_link(self, folder: str, name: str, target: str) -> None:
        """Make a new link in a folder of ours."""
        with self.folder(folder) as descriptor:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=descriptor)
            os.symlink(target, name, dir_fd=descriptor)

    def move(self, source: str, target: str) -> None:
        """Rename a file over another one, on the same file system; missing folders are made."""
        source_folder, source_name = os.path.split(source)
        target_folder, target_name = os.path.split(target)
        with self.folder(source_folder) as here, self.folder(target_folder, make=0o755) as there:
            os.rename(source_name, target_name, src_dir_fd=here, dst_dir_fd=there)
            os.fsync(there)

    def remove(self, path: str) -> bool:
        """Remove a file or a link; say whether one was there."""
        parent, name = os.path.split(path)
        try:
            with self.folder(parent) as folder:
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)
        except FileNotFoundError:
            return False
        return True

    def remove_empty(self, path: str) -> bool:
        """Remove a folder if nothing is in it; say whether it is gone now."""
        parent, name = os.path.split(path)
        try:
            with self.folder(parent) as folder:
                os.rmdir(name, dir_fd=folder)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def remove_all(self, path: str) -> None:
        """Remove a folder with all that is in it; links in it are removed, not followed, and other file systems stay."""
        parent, name = os.path.split(path)
        with suppress(FileNotFoundError), self.folder(parent) as folder:
            _remove_below(folder, name)


def listing(folder: int) -> list[str]:
    """Return the names in a folder that is open."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _remove_below(parent: int, name: str) -> None:
    """Remove one entry; of a folder first what is in it."""
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=parent)
        return
    if found.st_dev != os.fstat(parent).st_dev:
        return
    folder = os.open(name, _FOLDER, dir_fd=parent)
    try:
        for below in listing(folder):
            _remove_below(folder, below)
    finally:
        os.close(folder)
    with suppress(OSError):
        os.rmdir(name, dir_fd=parent)
