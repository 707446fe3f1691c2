# SPDX-License-Identifier: MIT
"""
Captured files and recordings: content-addressed, ``<blobs>/<first two digits>/<sha256>``, with a row for each.

They stay sealed, as the spool had them; the name is the sha256 of what they hold, the size in the row what they take.
"""

import errno
import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.domain.evidence import new_id, now
from decnet.errors import DamagedError, DiskFullError, NotFoundError
from decnet.host.disk import NO_ROOM, free_bytes
from decnet.spool import sealed_file
from decnet.spool.sealed_file import Readable
from decnet.spool.segment import BLOBS, opened
from decnet.store.database import load_queries, microseconds

_QUERIES = load_queries("blobs")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def path_of(folder: Path, sha256: str) -> Path:
    """Return where a blob lies."""
    return folder / sha256[:2] / sha256


def take(spool: Path, folder: Path, sha256: str, limit: int, *, private_key: X25519PrivateKey, floor: int = 0) -> int:
    """
    Copy a captured file from a spool, which is hostile, and return the size of the copy; durable when this returns.

    Raises ``DamagedError`` where it is missing, no regular file of the spool's owner, not sealed to us, holds more than
    ``limit`` bytes or not what its name says; ``DiskFullError`` where there is no room, or where less than ``floor`` bytes
    would be left to evidence.
    """
    target = path_of(folder, sha256)
    if target.is_file():
        return target.stat().st_size
    try:
        with opened(spool / BLOBS) as source:
            return _copy(source, target, sha256, _Check(private_key, limit), floor)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(
                f"there is no room for captured files in {folder}", remedy=f"make room: df -h {folder}"
            ) from error
        raise DamagedError(f"the captured file {sha256} cannot be read: {error.strerror}") from error


def add(connection: sqlite3.Connection, sizes: dict[str, int]) -> None:
    """Enter blobs whose files are there."""
    at = microseconds(now())
    for sha256, size in sizes.items():
        _QUERIES.add(connection, sha256=sha256, size=size, at=at)


def listed(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Yield the sha256 and the size of every blob."""
    yield from _QUERIES.all(connection)


def digest(path: Path, private_key: X25519PrivateKey) -> str:
    """Return the sha256 of what a blob holds; raise ``OSError`` or ``DamagedError`` where it cannot be read."""
    with path.open("rb") as file:
        return sealed_file.digest(file, private_key)


def open_content(folder: Path, sha256: str, private_key: X25519PrivateKey) -> BufferedReader:
    """
    Return a stream of what a blob holds; it raises ``DamagedError`` where that was changed.

    Raises ``NotFoundError`` where the file is gone.
    """
    try:
        return sealed_file.content(path_of(folder, sha256).open("rb"), private_key)
    except FileNotFoundError as error:
        raise NotFoundError(f"the captured file {sha256} is no longer there", remedy="decnet store check") from error


def total_bytes(connection: sqlite3.Connection) -> int:
    """Return the size of all blobs."""
    return int(_QUERIES.total(connection))


def oldest(connection: sqlite3.Connection, *, limit: int, before: int | None = None) -> list[tuple[str, int]]:
    """Return the blobs that were named longest ago and their sizes; with ``before`` (microseconds) those named earlier."""
    if before is None:
        return list(_QUERIES.oldest(connection, limit=limit))
    return list(_QUERIES.oldest_before(connection, before=before, limit=limit))


def forget(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Delete the rows of blobs."""
    for sha256 in names:
        _QUERIES.delete(connection, sha256=sha256)


def sweep(connection: sqlite3.Connection, folder: Path, *, limit: int) -> int:
    """
    Delete at most ``limit`` files that have no row and return how many went; to be called between two batches only.

    A process that is killed leaves them: half a copy, a copy whose record was never stored, a file whose row is gone.
    """
    strays = (path for path in folder.glob("*/*") if path.is_file() and _QUERIES.get(connection, sha256=path.name) is None)
    found = list(islice(strays, limit))
    for path in found:
        path.unlink()
    return len(found)


@dataclass(frozen=True)
class _Check:
    """What a file must be: sealed to this key, with at most so many bytes in it."""

    private_key: X25519PrivateKey
    limit: int

    def read_through(self, source: Readable, sha256: str) -> None:
        """Read a sealed file to its end; raise ``DamagedError`` where it is not what its name says."""
        found = hashlib.sha256()
        size = 0
        for data in sealed_file.frames(source, self.private_key):
            size += len(data)
            if size > self.limit:
                raise DamagedError(f"the captured file {sha256} is larger than {self.limit} bytes")
            found.update(data)
        if found.hexdigest() != sha256:
            raise DamagedError(f"the captured file {sha256} holds something else")


class _Copying:
    """A file that writes what is read from it to another one."""

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        self._source = source
        self._target = target

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        data = self._source.read(size)
        self._target.write(data)
        return data


def _copy(source: int, target: Path, sha256: str, check: _Check, floor: int) -> int:
    """Copy one file out of an open folder under its right name, or not at all."""
    file = os.open(sha256, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.fstat(source).st_uid:
            raise DamagedError(f"the captured file {sha256} is no regular file of the spool's owner")
        target.parent.mkdir(parents=True, exist_ok=True)
        if free_bytes(target.parent) - min(state.st_size, check.limit) < floor:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with os.fdopen(file, "rb", closefd=False) as whole:
            size = _copy_file(whole, target, sha256, check)
    finally:
        os.close(file)
    with opened(target.parent) as names:
        os.fsync(names)
    return size


def _copy_file(source: BinaryIO, target: Path, sha256: str, check: _Check) -> int:
    """Copy to a temporary name first; the copy is durable."""
    temporary = target.with_name(f".{new_id()}")
    with os.fdopen(os.open(temporary, _NEW_FILE, 0o640), "wb") as copy:
        try:
            check.read_through(_Copying(source, copy), sha256)
            copy.flush()
            os.fsync(copy.fileno())
            temporary.rename(target)
        except BaseException:
            temporary.unlink()
            raise
        return copy.tell()
