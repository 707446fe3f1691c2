# SPDX-License-Identifier: MIT
"""
Captured files, kept while they arrive.

A file is sealed frame by frame (``decnet.spool.sealed_file``) under a temporary name and hashed on the way; then it gets a name
that says nothing of it, because whoever can guess a short file would recognise its hash. A killed process loses nothing from
then on. The disk gets it with the group sync of the spool, because an fsync(2) of a large file would hold up every other
conversation. Three bounds hold back an attacker who sends for ever: the size of one file, the size of all that wait for the
store, the free room of the disk. What is beyond a bound is counted and not kept, and the result says so.
"""

import hashlib
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from decnet.config.model import Disk, Spool
from decnet.domain.evidence import Blob, new_id
from decnet.host.disk import free_bytes, write_whole
from decnet.spool.sealed_file import FRAME_BYTES, HEAD_BYTES, FrameSealer
from decnet.spool.segment import opened

FOLDER_MODE = 0o2750
FILE_MODE = 0o640
_LOOK_EVERY = 1 << 20
_PART = ".part"
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class BlobFolder:
    """The captured files of one writer; ``waiting_bytes`` is what they take, open ones included."""

    def __init__(self, path: Path, settings: Spool, disk: Disk, public_key: X25519PublicKey) -> None:
        self.path = path
        self.public_key = public_key
        self.waiting_bytes = 0
        self.kept = 0
        self.truncated = 0
        self._settings = settings
        self._disk = disk
        self._sizes: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._hashes: dict[str, str] = {}
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
        """Return the name of every file that waits."""
        return frozenset(self._sizes)

    def name_of(self, sha256: str) -> str:
        """Return the name of a file that this process captured; empty where it has none."""
        return self._names.get(sha256, "")

    def has_room(self) -> bool:
        """Whether the disk has more free room than evidence alone may use."""
        return free_bytes(self.path) > self._disk.blob_floor_bytes

    def allowance(self, kept: int) -> int:
        """Return how many more bytes a file may keep that has kept ``kept`` already."""
        of_file = self._settings.blob_bytes - kept
        return max(0, min(of_file, self._settings.blobs_bytes - self.waiting_bytes))

    def add(self, temporary: Path, sha256: str, size: int) -> None:
        """Give a complete file, ``size`` bytes on the disk, its name; the same content is kept once."""
        if sha256 in self._names:
            temporary.unlink()
            self.waiting_bytes -= size
            return
        name = os.urandom(16).hex()
        temporary.rename(self.path / name)
        self._names[sha256], self._hashes[name] = name, sha256
        self._sizes[name] = size
        self._unsynced.append(name)
        self.kept += 1

    def take_unsynced(self) -> list[str]:
        """Return the names of the files that came since the last time, for ``sync_blobs``."""
        names, self._unsynced = self._unsynced, []
        return names

    def remove(self, name: str) -> None:
        """Delete a file that the store has."""
        size = self._sizes.pop(name, None)
        if size is not None:
            self._names.pop(self._hashes.pop(name, ""), None)
            (self.path / name).unlink(missing_ok=True)
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
        self._sealer: FrameSealer | None = None
        self._file: int | None = None
        self._rest = b""
        self._frames = 0
        self._size = 0
        self._kept = 0
        self._on_disk = 0
        self._counted = 0
        self._next_look = 0
        self._full = False
        self._is_broken = False

    def write(self, data: bytes) -> None:
        """Take the next bytes; keep what the bounds allow."""
        self._size += len(data)
        if self._full or not data:
            return
        waiting = self._kept + len(self._rest)
        try:
            keep = data[: self._folder.allowance(waiting)] if self._has_room(waiting) else b""
            self._count(len(keep))
            self._keep(keep)
        except OSError:
            self._full = True
            self._rest = b""
        else:
            self._full = len(keep) < len(data)

    def finish(self) -> Blob:
        """Keep the file and return what is known of it; where nothing could be kept the sha256 is empty."""
        self._keep_rest()
        blob = Blob(sha256=self._hash.hexdigest(), size=self._size, truncated=self._size > self._kept)
        self._folder.truncated += blob.truncated
        try:
            is_kept = self._is_filed(blob)
        except OSError:
            is_kept = False
        if not is_kept:
            self.discard()
        return blob if is_kept else Blob(sha256="", size=self._size, truncated=True)

    def _is_filed(self, blob: Blob) -> bool:
        """Give the file its name; false where nothing of what was sent is in it."""
        if self._size and not self._kept:
            return False
        file, _ = self._open()
        os.ftruncate(file, self._on_disk)
        self._close()
        self._count(self._on_disk - self._counted)
        self._folder.add(self._path, blob.sha256, self._on_disk)
        return True

    def discard(self) -> None:
        """Forget the file."""
        self._close()
        self._path.unlink(missing_ok=True)
        self._count(-self._counted)
        self._rest = b""
        self._kept = 0

    def _has_room(self, waiting: int) -> bool:
        """Ask the disk once for each mebibyte."""
        if waiting < self._next_look:
            return True
        self._next_look = waiting + _LOOK_EVERY
        return self._folder.has_room()

    def _count(self, size: int) -> None:
        """Count what the file takes, or will take once its last frame is full."""
        self._counted += size
        self._folder.waiting_bytes += size

    def _keep(self, data: bytes) -> None:
        """Write every frame that is complete."""
        waiting = self._rest + data
        whole = len(waiting) - len(waiting) % FRAME_BYTES
        self._rest = waiting[whole:]
        for begin in range(0, whole, FRAME_BYTES):
            self._write_frame(waiting[begin : begin + FRAME_BYTES])

    def _keep_rest(self) -> None:
        """Write the last frame; on a full disk the file ends with the one before."""
        rest, self._rest = self._rest, b""
        if not self._is_broken:
            with suppress(OSError):
                self._write_frame(rest, is_last=True)

    def _write_frame(self, data: bytes, *, is_last: bool = False) -> None:
        """
        Write one frame or nothing that counts; raise ``OSError``.

        After an error no other frame may follow: it would have the number, and so the nonce, of the one that failed.
        """
        file, sealer = self._open()
        self._is_broken = True
        write_whole(file, sealer.seal(self._frames, data, is_last=is_last))
        self._is_broken = False
        self._frames += 1
        self._on_disk = os.lseek(file, 0, os.SEEK_CUR)
        self._kept += len(data)
        self._hash.update(data)

    def _open(self) -> tuple[int, FrameSealer]:
        """Return the temporary file and what seals it, made when they are first needed."""
        if self._file is None or self._sealer is None:
            self._sealer = FrameSealer(self._folder.public_key)
            self._file = os.open(self._path, _NEW_FILE, FILE_MODE)
            os.fchmod(self._file, FILE_MODE)
            write_whole(self._file, self._sealer.head)
            self._on_disk = HEAD_BYTES
        return self._file, self._sealer

    def _close(self) -> None:
        """Close the temporary file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
