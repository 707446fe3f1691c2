# SPDX-License-Identifier: MIT
"""
One writer's folder, from the inside: who may write it, and what is in it when a writer starts.

Nothing in it is followed, opened for writing or deleted that is not a regular file of this account: what else lies there was
put there by somebody.
"""

import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import orjson

from decnet.errors import DamagedError, HostError, InUseError
from decnet.host.disk import write_whole
from decnet.remedy import as_owner, quoted
from decnet.spool.capture import FILE_MODE, FOLDER_MODE
from decnet.spool.segment import BLOBS, segment_name, segments

LOCK = "lock"
RESERVE = "reserve"
NEW = ".new"
_FILE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True)
class Scan:
    """What a segment holds: complete lines (the header too), the last record's sequence, who names which file last."""

    lines: int
    last: int
    named: dict[str, int]


class Folder:
    """The folder, locked; every name in it is opened relative to its descriptor."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = _open_folder(path)
        try:
            self._refuse_strangers()
            self._lock = self._take_lock()
        except BaseException:
            os.close(self.fd)
            raise

    def close(self) -> None:
        """Give the lock and the folder back."""
        os.close(self._lock)
        os.close(self.fd)

    def is_removed(self) -> bool:
        """Say whether somebody removed the folder: it then has no links any more (fstat(2)), whatever has its name now."""
        return os.fstat(self.fd).st_nlink == 0

    def segments(self) -> dict[int, int]:
        """Return the sizes of the segments by their first sequence."""
        return {first: os.stat(segment_name(first), dir_fd=self.fd).st_size for first in segments(self.fd)}

    def scan(self, first: int) -> Scan:
        """Read a segment that this account wrote."""
        named: dict[str, int] = {}
        lines = last = 0
        file = os.open(segment_name(first), os.O_RDONLY | _FILE, dir_fd=self.fd)
        with os.fdopen(file, "rb") as whole:
            for line in whole:
                lines += line.endswith(b"\n")
                sequence, sha256 = _facts(line)
                last = max(last, sequence)
                if sequence and sha256:
                    named[sha256] = sequence
        return Scan(lines, last, named)

    def create(self, first: int, header: bytes) -> int:
        """
        Make a segment and return it opened for appending; its header is in it before it has its name.

        A segment of that name without a record, left by a process that died at once, is replaced.
        """
        name = segment_name(first)
        file = os.open(name + NEW, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | _FILE, FILE_MODE, dir_fd=self.fd)
        try:
            os.fchmod(file, FILE_MODE)
            write_whole(file, header)
            os.rename(name + NEW, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except OSError:
            os.close(file)
            self.remove(name + NEW)
            raise
        return file

    def remove(self, name: str) -> None:
        """Delete a file; it may be gone already."""
        try:
            os.unlink(name, dir_fd=self.fd)
        except FileNotFoundError:
            return

    def set_reserve_aside(self, size: int) -> bool:
        """Allocate the reserve; say whether it is there."""
        try:
            file = os.open(RESERVE, os.O_WRONLY | os.O_CREAT | _FILE, FILE_MODE, dir_fd=self.fd)
        except OSError:
            return False
        try:
            if size:
                os.posix_fallocate(file, 0, size)
        except OSError:
            self.remove(RESERVE)
            return False
        finally:
            os.close(file)
        return True

    def _refuse_strangers(self) -> None:
        """Check every entry, and remove what a killed process left half made."""
        for entry in list(os.scandir(self.fd)):
            state = entry.stat(follow_symlinks=False)
            right = stat.S_ISDIR(state.st_mode) if entry.name == BLOBS else stat.S_ISREG(state.st_mode) and state.st_nlink == 1
            if not right or state.st_uid != os.geteuid():
                raise DamagedError(
                    f"{entry.name!a} in the spool {self.path} is no file of this service: somebody put it there",
                    remedy=f"ls -lab {quoted(self.path)}",
                )
            if entry.name.endswith(NEW):
                self.remove(entry.name)

    def _take_lock(self) -> int:
        """Take the lock that keeps a second writer out; it ends with the process."""
        lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | _FILE, FILE_MODE, dir_fd=self.fd)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise InUseError(f"another process writes the spool {self.path}", remedy="decnet services") from None
        return lock


def sync_files(files: list[int], folder: Path) -> None:
    """Make files and the folder's names durable, and close the files."""
    for file in files:
        os.fdatasync(file)
        os.close(file)
    names = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(names)
    finally:
        os.close(names)


def _open_folder(path: Path) -> int:
    """Make the folder where it is missing and return its descriptor."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o750, exist_ok=True)
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (NotADirectoryError, FileExistsError) as error:
        raise DamagedError(f"the spool {path} is no folder", remedy=f"ls -ldb {quoted(path)}") from error
    except OSError as error:
        raise HostError(f"the spool {path} cannot be used: {error.strerror}", remedy="decnet doctor") from error
    state = os.fstat(fd)
    if state.st_uid != os.geteuid():
        os.close(fd)
        raise DamagedError(f"the spool {path} belongs to uid {state.st_uid}", remedy=as_owner(state.st_uid))
    if stat.S_IMODE(state.st_mode) != FOLDER_MODE:
        os.fchmod(fd, FOLDER_MODE)
    return fd


def _facts(line: bytes) -> tuple[int, str]:
    """Return a line's sequence (0: no record, or not complete) and the captured file that it names."""
    if not line.endswith(b"\n"):
        return 0, ""
    try:
        record = orjson.loads(line)
        return int(record.get("sequence", 0)), str(record.get("blob", ""))
    except (ValueError, AttributeError, TypeError):
        return 0, ""
