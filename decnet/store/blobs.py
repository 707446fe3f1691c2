# SPDX-License-Identifier: MIT
"""
Captured files and recordings: ``<blobs>/<first two digits>/<name>``, with a row for each.

They stay sealed, as the spool had them. The name is a keyed hash of the sha256 of what they hold (``Box.blob_name``), the size
in the row what they take.
"""

import errno
import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.domain.evidence import new_id, now
from decnet.errors import DamagedError, DecnetError, DiskFullError, HostError, NotFoundError
from decnet.host.disk import NO_ROOM, free_bytes
from decnet.spool import sealed_file
from decnet.spool.sealed_file import Readable
from decnet.spool.segment import BLOBS, opened
from decnet.store.database import load_queries, microseconds
from decnet.store.keys import Box, Keys

_QUERIES = load_queries("blobs")
_NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO})
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Opener:
    """What a file from a spool must be: sealed to this key, with at most ``limit`` bytes in it; its name comes from ``box``."""

    private_key: X25519PrivateKey
    box: Box
    limit: int

    def digest(self, source: Readable, expected: str) -> str:
        """Return the sha256 of a sealed file; raise ``DamagedError`` where it is not what it has to be."""
        found = hashlib.sha256()
        size = 0
        for data in sealed_file.frames(source, self.private_key):
            size += len(data)
            if size > self.limit:
                raise DamagedError(f"the captured file is larger than {self.limit} bytes")
            found.update(data)
        if expected and found.hexdigest() != expected:
            raise DamagedError("the captured file holds something else than its record says")
        return found.hexdigest()


@dataclass(frozen=True)
class Taken:
    """A file that the store has: the sha256 of what it holds, its name, the bytes that it takes."""

    sha256: str
    name: str
    size: int


def path_of(folder: Path, name: str) -> Path:
    """Return where a blob lies."""
    return folder / name[:2] / name


def take(spool: Path, folder: Path, source: str, opener: Opener, *, sha256: str = "", floor: int = 0) -> Taken:
    """
    Copy the captured file ``source`` from a spool, which is hostile; durable when this returns.

    ``sha256`` is what its record says of it; empty where nobody can read that. Raises ``DamagedError`` where the file is
    missing, no regular file of the spool's owner, not sealed to us, too large or something else; ``DiskFullError`` where there
    is no room, or where less than ``floor`` bytes would be left to evidence; ``HostError`` where this host cannot read it now.
    """
    known = path_of(folder, opener.box.blob_name(sha256)) if sha256 else None
    if known and known.is_file():
        return Taken(sha256, known.name, known.stat().st_size)
    try:
        with opened(spool / BLOBS) as names, _opened_file(names, source) as file:
            return _copy(file, folder, opener, sha256, floor)
    except OSError as error:
        raise _explained(error, source, folder) from error


def _explained(error: OSError, source: str, folder: Path) -> DecnetError:
    """Return what an error means: what somebody did to the spool is damage, what this host lacks is not."""
    if error.errno in NO_ROOM:
        return DiskFullError(f"there is no room for captured files in {folder}", remedy=f"make room: df -h {folder}")
    if error.errno in _NO_FILE:
        return DamagedError(f"the captured file {source} cannot be read: {error.strerror}")
    return HostError(f"a captured file cannot be copied to {folder} now: {error.strerror}", remedy="decnet doctor")


def add(connection: sqlite3.Connection, taken: Iterable[Taken]) -> None:
    """Enter blobs whose files are there."""
    at = microseconds(now())
    for one in taken:
        _QUERIES.add(connection, name=one.name, size=one.size, at=at)


def listed(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Yield the name and the size of every blob."""
    yield from _QUERIES.all(connection)


def is_whole(path: Path, keys: Keys) -> bool:
    """Return whether a blob holds what its name says; raise ``OSError`` or ``DamagedError`` where it cannot be read."""
    with path.open("rb") as file:
        return Box(keys).blob_name(sealed_file.digest(file, keys.sealing)) == path.name


def open_content(folder: Path, name: str, keys: Keys) -> BufferedReader:
    """
    Return a stream of what a blob holds; it was read whole and compared with its name before.

    Raises ``NotFoundError`` where the file is gone, ``DamagedError`` where it was changed.
    """
    path = path_of(folder, name)
    try:
        if not is_whole(path, keys):
            raise DamagedError(f"the captured file {name} was changed", remedy="decnet store check")
        return sealed_file.content(path.open("rb"), keys.sealing)
    except FileNotFoundError as error:
        raise NotFoundError(f"the captured file {name} is no longer there", remedy="decnet store check") from error


def open_measured(folder: Path, name: str, keys: Keys) -> tuple[BufferedReader, int]:
    """Return what ``open_content`` returns, and how many bytes it holds; raises what that raises."""
    path = path_of(folder, name)
    content = open_content(folder, name, keys)
    with path.open("rb") as file:
        return content, sum(len(frame) for frame in sealed_file.frames(file, keys.sealing))


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
    for name in names:
        _QUERIES.delete(connection, name=name)


def sweep(connection: sqlite3.Connection, folder: Path, *, limit: int) -> int:
    """
    Delete at most ``limit`` files that have no row and return how many went; to be called between two batches only.

    A process that is killed leaves them: half a copy, a copy whose record was never stored, a file whose row is gone.
    """
    files = chain(folder.glob(".*"), folder.glob("*/*"))
    strays = (path for path in files if path.is_file() and _QUERIES.get(connection, name=path.name) is None)
    found = list(islice(strays, limit))
    for path in found:
        path.unlink()
    return len(found)


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


@contextmanager
def _opened_file(folder: int, name: str) -> Iterator[int]:
    """Hold a regular file of the folder's owner open; raise ``DamagedError`` where it is none."""
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.fstat(folder).st_uid:
            raise DamagedError(f"the captured file {name} is no regular file of the spool's owner")
        yield file
    finally:
        os.close(file)


def _copy(source: int, folder: Path, opener: Opener, sha256: str, floor: int) -> Taken:
    """Copy to a temporary name, and under the right one where it is what it has to be; the copy and its name are durable."""
    folder.mkdir(parents=True, exist_ok=True)
    if free_bytes(folder) - min(os.fstat(source).st_size, opener.limit) < floor:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    temporary = folder / f".{new_id()}"
    with os.fdopen(os.open(temporary, _NEW_FILE, 0o640), "wb") as copy:
        try:
            with os.fdopen(source, "rb", closefd=False) as whole:
                found = opener.digest(_Copying(whole, copy), sha256)
            copy.flush()
            os.fsync(copy.fileno())
            target = path_of(folder, opener.box.blob_name(found))
            target.parent.mkdir(exist_ok=True)
            temporary.rename(target)
        except BaseException:
            temporary.unlink()
            raise
        size = copy.tell()
    with opened(target.parent) as names:
        os.fsync(names)
    return Taken(found, target.name, size)
