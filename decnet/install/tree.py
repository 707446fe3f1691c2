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
from shlex import quote

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
            where = self.outside(path)
            raise HostError(
                f"{where} cannot be used: {name!r} on the way is a link or a file, and links are not followed",
                remedy=f"make it a folder (a bind mount can lead to another disk), see: namei -l {quote(str(where))}",
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
            raise HostError(
                f"{self.outside(path)} cannot be read: {error.strerror}", remedy=f"ls -l {quote(str(self.outside(path)))}"
            ) from error
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise HostError(f"{self.outside(path)} is no regular file", remedy=f"ls -l {quote(str(self.outside(path)))}")
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

    def remove_all(self, path: str, *, crosses: bool = False) -> None:
        """
        Remove a folder with all that is in it; links in it are removed, not followed.

        What is on other file systems stays, unless ``crosses`` says that it goes, too. However deep folders are nested, one
        descriptor and no recursion are enough: who owns them decides how deep they go.
        """
        parent, name = os.path.split(path)
        with suppress(FileNotFoundError), self.folder(parent) as folder:
            _Removal(folder, crosses=crosses).remove(name)

    def holds_only_folders(self, path: str) -> bool:
        """Say whether nothing but folders is below a folder."""
        return not any(files for _, _, files in os.walk(self.outside(path)))


def listing(folder: int) -> list[str]:
    """Return the names in a folder that is open."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


class _Removal:
    """A walk that removes what it meets; it stands in one folder at a time and climbs back the way it came."""

    def __init__(self, folder: int, *, crosses: bool) -> None:
        self._here = os.dup(folder)
        self._crosses = crosses
        self._way: list[tuple[str, tuple[int, int]]] = []
        self._left: list[list[str]] = []

    def remove(self, name: str) -> None:
        """Remove one entry; of a folder first what is in it."""
        try:
            self._left.append([name])
            while self._left:
                if self._left[-1]:
                    with suppress(FileNotFoundError):  # somebody else removed it first
                        self._entry(self._left[-1].pop())
                else:
                    self._climb()
        finally:
            os.close(self._here)

    def _entry(self, name: str) -> None:
        """Remove a file, or step into a folder; into one of another file system where that is wanted."""
        found = os.stat(name, dir_fd=self._here, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(name, dir_fd=self._here)
            return
        if self._crosses or found.st_dev == os.fstat(self._here).st_dev:
            number = _number(self._here)
            self._stand(os.open(name, _FOLDER, dir_fd=self._here))
            self._way.append((name, number))
            self._left.append(listing(self._here))

    def _climb(self) -> None:
        """Step out of a folder that is done, and remove it; raise ``HostError`` where somebody moved it meanwhile."""
        self._left.pop()
        if not self._way:
            return
        name, number = self._way.pop()
        self._stand(os.open("..", _FOLDER, dir_fd=self._here))
        if _number(self._here) != number:
            raise HostError(f"somebody moves folders about while {name!r} is removed", remedy="stop that, and try again")
        with suppress(OSError):
            os.rmdir(name, dir_fd=self._here)

    def _stand(self, folder: int) -> None:
        """Go to another folder."""
        os.close(self._here)
        self._here = folder


def _number(folder: int) -> tuple[int, int]:
    """Return what tells a folder from every other one."""
    found = os.fstat(folder)
    return found.st_dev, found.st_ino
