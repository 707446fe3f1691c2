# SPDX-License-Identifier: MIT
"""Captured files and recordings: content-addressed, ``<blobs>/<first two digits>/<sha256>``, with a row for each."""

import errno
import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from decnet.domain.evidence import new_id, now
from decnet.errors import DamagedError, DiskFullError
from decnet.host.disk import NO_ROOM, free_bytes
from decnet.spool.segment import BLOBS, opened
from decnet.store.database import load_queries, microseconds

_QUERIES = load_queries("blobs")
_CHUNK = 1 << 20
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def path_of(folder: Path, sha256: str) -> Path:
    """Return where a blob lies."""
    return folder / sha256[:2] / sha256


def take(spool: Path, folder: Path, sha256: str, limit: int, *, floor: int = 0) -> int:
    """
    Copy a captured file from a spool, which is hostile, and return its size; durable when this returns.

    Raises ``DamagedError`` where it is missing, no regular file of the spool's owner, larger than ``limit`` or not what its
    name says, ``DiskFullError`` where there is no room, or where less than ``floor`` bytes would be left to evidence.
    """
    target = path_of(folder, sha256)
    if target.is_file():
        return target.stat().st_size
    try:
        with opened(spool / BLOBS) as source:
            return _copy(source, target, sha256, limit, floor)
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


def digest(path: Path) -> str:
    """Return the sha256 of a file; raise ``OSError`` where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _copy(source: int, target: Path, sha256: str, limit: int, floor: int) -> int:
    """Copy one file out of an open folder under its right name, or not at all."""
    file = os.open(sha256, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.fstat(source).st_uid:
            raise DamagedError(f"the captured file {sha256} is no regular file of the spool's owner")
        target.parent.mkdir(parents=True, exist_ok=True)
        if free_bytes(target.parent) - min(state.st_size, limit) < floor:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size = _copy_file(file, target, sha256, limit)
    finally:
        os.close(file)
    with opened(target.parent) as names:
        os.fsync(names)
    return size


def _copy_file(source: int, target: Path, sha256: str, limit: int) -> int:
    """Copy to a temporary name first."""
    temporary = target.with_name(f".{new_id()}")
    with os.fdopen(os.open(temporary, _NEW_FILE, 0o640), "wb") as copy:
        try:
            size = _copy_checked(source, copy.fileno(), sha256, limit)
            temporary.rename(target)
        except BaseException:
            temporary.unlink()
            raise
    return size


def _copy_checked(source: int, target: int, sha256: str, limit: int) -> int:
    """Copy what is at most ``limit`` bytes long and has this hash; the copy is durable."""
    found = hashlib.sha256()
    size = 0
    while data := os.read(source, _CHUNK):
        size += len(data)
        if size > limit:
            raise DamagedError(f"the captured file {sha256} is larger than {limit} bytes")
        found.update(data)
        _write(target, data)
    if found.hexdigest() != sha256:
        raise DamagedError(f"the captured file {sha256} holds something else")
    os.fsync(target)
    return size


def _write(file: int, data: bytes) -> None:
    """Write all of ``data``."""
    while data:
        data = data[os.write(file, data) :]
