# SPDX-License-Identifier: MIT
"""
Captured files, kept while they arrive.

A file is written under a temporary name, hashed on the way, and renamed to its sha256: a killed process loses nothing from
then on. The disk gets it with the group sync of the spool, because an fsync(2) of a large file would hold up every other
conversation. Three bounds hold back an attacker who sends for ever: the size of one file, the size of all that wait for the
store, the free room of the disk. What is beyond a bound is counted and not kept, and the result says so.
"""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from decnet.config.model import Disk, Spool
from decnet.domain.evidence import Blob, new_id
from decnet.host.disk import free_bytes
from decnet.spool.segment import opened

FOLDER_MODE = 0o2750
FILE_MODE = 0o640
_LOOK_EVERY = 1 << 20
_PART = ".part"
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class BlobFolder:
    """The captured files of one writer; ``waiting_bytes`` is what they take, open ones included."""

    def __init__(self, path: Path, settings: Spool, disk: Disk) -> None:
        self.path = path
        self.waiting_bytes = 0
        self.kept = 0
        self.truncated = 0
        self._settings = settings
        self._disk = disk
        self._sizes: dict[str, int] = {}
        self._unsynced: list[str] = []

    def start(self) -> None:
        """Take stock; remove what a killed process left half written."""
        self.path.mkdir(mode=0o750, exist_ok=True)
        if stat.S_IMODE(self.path.stat().st_mode) != FOLDER_MODE:
            self.path.chmod(FOLDER_MODE)
        for entry in list(os.scandir(self.path)):
            if entry.name.endswith(_PART):
                (self.path / entry.name).unlink()
            elif entry.is_file(follow_symlinks=False):
                self._sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        self.waiting_bytes = sum(self._sizes.values())

    def names(self) -> frozenset[str]:
        """Return the sha256 of every file that waits."""
        return frozenset(self._sizes)

    def has_room(self) -> bool:
        """Whether the disk has more free room than evidence alone may use."""
        return free_bytes(self.path) > self._disk.blob_floor_bytes

    def allowance(self, kept: int) -> int:
        """Return how many more bytes a file may keep that has kept ``kept`` already."""
        of_file = self._settings.blob_bytes - kept
        return max(0, min(of_file, self._settings.blobs_bytes - self.waiting_bytes))

    def add(self, temporary: Path, sha256: str, kept: int) -> None:
        """Give a complete file its name; the same content is kept once."""
        if sha256 in self._sizes:
            temporary.unlink()
            self.waiting_bytes -= kept
            return
        temporary.rename(self.path / sha256)
        self._sizes[sha256] = kept
        self._unsynced.append(sha256)
        self.kept += 1

    def take_unsynced(self) -> list[str]:
        """Return the names of the files that came since the last time, for ``sync_blobs``."""
        names, self._unsynced = self._unsynced, []
        return names

    def remove(self, sha256: str) -> None:
        """Delete a file that the store has."""
        size = self._sizes.pop(sha256, None)
        if size is not None:
            (self.path / sha256).unlink(missing_ok=True)
            self.waiting_bytes -= size


def sync_blobs(path: Path, names: Iterable[str]) -> None:
    """Make files of a blob folder durable, then their names; one that the store has meanwhile may be gone."""
    with opened(path) as folder:
        for name in names:
            try:
                file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            except FileNotFoundError:
                continue
            try:
                os.fsync(file)
            finally:
                os.close(file)
        os.fsync(folder)


class BlobFile:
    """One file on its way in: a ``decnet.lures.lure.CapturedFile``. No method raises for want of room."""

    def __init__(self, folder: BlobFolder) -> None:
        self._folder = folder
        self._path = folder.path / f"{new_id()}{_PART}"
        self._hash = hashlib.sha256()
        self._size = 0
        self._kept = 0
        self._next_look = 0
        self._file: int | None = None
        self._full = False

    def write(self, data: bytes) -> None:
        """Take the next bytes; keep what the bounds allow."""
        self._size += len(data)
        if self._full or not data:
            return
        try:
            keep = data[: self._folder.allowance(self._kept)] if self._has_room() else b""
            self._keep(keep)
        except OSError:
            self._full = True
        else:
            self._full = len(keep) < len(data)

    def finish(self) -> Blob:
        """Give the file its name and return what is known of it; where nothing could be kept the sha256 is empty."""
        digest = self._hash.hexdigest()
        blob = Blob(sha256=digest, size=self._size, truncated=self._size > self._kept)
        self._folder.truncated += blob.truncated
        try:
            file = self._open()
            os.ftruncate(file, self._kept)
            self._close()
            self._folder.add(self._path, digest, self._kept)
        except OSError:
            self.discard()
            return Blob(sha256="", size=self._size, truncated=True)
        return blob

    def discard(self) -> None:
        """Forget the file."""
        self._close()
        self._path.unlink(missing_ok=True)
        self._folder.waiting_bytes -= self._kept
        self._kept = 0

    def _has_room(self) -> bool:
        """Ask the disk once for each mebibyte."""
        if self._kept < self._next_look:
            return True
        self._next_look = self._kept + _LOOK_EVERY
        return self._folder.has_room()

    def _keep(self, data: bytes) -> None:
        """Write all of ``data`` behind what is kept; count what the kernel took, even where it stops on the way."""
        file = self._open()
        while data:
            written = os.write(file, data)
            self._hash.update(data[:written])
            self._kept += written
            self._folder.waiting_bytes += written
            data = data[written:]

    def _open(self) -> int:
        """Return the temporary file, made when it is first needed."""
        if self._file is None:
            self._file = os.open(self._path, _NEW_FILE, FILE_MODE)
            os.fchmod(self._file, FILE_MODE)
        return self._file

    def _close(self) -> None:
        """Close the temporary file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
