# SPDX-License-Identifier: MIT
"""
A backup in the place of the store, while nobody has the store open; what was there is kept beside it.

Who restores has to be the account that owns the store's folder. A backup that only root can read is opened by root, and copied
byte by byte: SQLite would open its neighbours, too, by their names.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from decnet.domain.evidence import now
from decnet.errors import DamagedError, DiskFullError, HostError, InUseError, StoreOutdatedError
from decnet.host.disk import NO_ROOM
from decnet.store.database import SCHEMA, connect_unchecked, explained, schema_of

_MODE = 0o640
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAGIC = b"SQLite format 3\0"
_LOG = "-wal"
"""What a backup that is a plain copy of the files of a store has beside it; those of ``back_up`` have not."""
_NEIGHBOURS = (_LOG, "-journal")
_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup that is open: the file, and its log where it has one."""

    path: Path
    files: dict[str, BinaryIO]


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restoration did; ``replaced`` is None where there was no store, ``is_kept`` where it was left as it is."""

    schema: int
    replaced: Path | None = None
    is_kept: bool = False


@contextmanager
def opened(backup: Path, folder: int | None = None) -> Iterator[Backup]:
    """Open a backup for who asks; ``folder`` is the one that it lies in: then no link is followed."""
    with ExitStack() as stack:
        files = {}
        for end in ("", _LOG):
            try:
                file = stack.enter_context(_opened(backup.with_name(backup.name + end), folder))
            except FileNotFoundError:
                if not end:
                    raise
            else:
                files[end] = file
        yield Backup(path=backup, files=files)


def _opened(path: Path, folder: int | None) -> BinaryIO:
    """Open a file that has to be an ordinary one."""
    found = os.open(path, _READ) if folder is None else os.open(path.name, _READ | os.O_NOFOLLOW, dir_fd=folder)
    file = os.fdopen(found, "rb")
    if not stat.S_ISREG(os.fstat(found).st_mode):
        file.close()
        raise DamagedError(f"{path} is no ordinary file", remedy="name another backup")
    return file


def restore(database: Path, backup: Backup, *, unless_whole: bool = False) -> Restored:
    """
    Put a copy of ``backup`` in the place of the store; its schema may be an older one, for an older version to read.

    ``unless_whole`` leaves a store alone that every page can be read of, whatever its schema is. Raises ``InUseError`` while a
    service has the store open, ``DamagedError`` where the backup is no whole store.
    """
    if unless_whole and (schema := _schema_of_whole(database)):
        return Restored(schema=schema, is_kept=True)
    fresh = database.with_name(f"{database.name}.restored")
    replaced = None
    try:
        _remove(fresh)
        _copy(backup, fresh)
        schema = _examine(fresh, backup.path)
        if database.exists():
            _close(database)
            replaced = _put_aside(database)
        fresh.replace(database)
        _sync(database.parent)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(f"there is no room for the store {database}", remedy="make room on its disk") from error
        raise HostError(f"the store {database} cannot be replaced: {error.strerror}", remedy="run it as root") from error
    finally:
        _remove(fresh)
    return Restored(schema=schema, replaced=replaced)


def _schema_of_whole(database: Path) -> int:
    """Return the schema of a store; 0 where it is missing or damaged."""
    with suppress(DamagedError, StoreOutdatedError), closing(connect_unchecked(database)) as connection, explained(database):
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
            return schema_of(connection)
    return 0


def _examine(fresh: Path, backup: Path) -> int:
    """Bring the copy into one file and return its schema; raise where this version could not say what is in it."""
    found, schema = "it has no schema", 0
    try:
        with closing(connect_unchecked(fresh)) as connection, explained(fresh):
            connection.execute("PRAGMA journal_mode = DELETE")
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            schema = schema_of(connection) if found == "ok" else 0
    except DamagedError as error:
        found = error.message
    if not schema:
        raise DamagedError(f"{backup} is no whole store: {found}", remedy="name another backup")
    if schema > SCHEMA:
        raise StoreOutdatedError(
            f"{backup} has schema {schema}, this version knows schema {SCHEMA}", remedy="install that version"
        )
    return schema


def _close(database: Path) -> None:
    """
    Bring everything into the one file that is going to be kept; that works only where nobody else has it open.

    Of a store that is damaged the neighbours are kept as they are.
    """
    with suppress(DamagedError), closing(connect_unchecked(database)) as connection:
        connection.execute("PRAGMA busy_timeout = 1000")
        try:
            with explained(database):
                connection.execute("PRAGMA journal_mode = DELETE")
        except InUseError as error:
            raise InUseError(f"a service has the store {database} open", remedy="systemctl stop decnet.target") from error


def _copy(backup: Backup, fresh: Path) -> None:
    """Copy the backup; nothing of what is no database gets into the folder of the service."""
    for end, source in backup.files.items():
        source.seek(0)
        if not end and source.read(len(_MAGIC)) != _MAGIC:
            raise DamagedError(f"{backup.path} is no store at all", remedy="name another backup")
        source.seek(0)
        with os.fdopen(os.open(f"{fresh}{end}", _NEW, _MODE), "wb") as target:
            os.fchmod(target.fileno(), _MODE)
            shutil.copyfileobj(source, target, _MIB)
            target.flush()
            os.fsync(target.fileno())


def _put_aside(database: Path) -> Path:
    """Give the store a second name; its neighbours go with it: the new one must not take them for its own."""
    replaced = database.with_name(f"{database.name}.replaced.{now():%Y%m%dT%H%M%S}")
    os.link(database, replaced)
    for end in _NEIGHBOURS:
        with suppress(FileNotFoundError):
            database.with_name(database.name + end).rename(f"{replaced}{end}")
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
    return replaced


def _remove(fresh: Path) -> None:
    """Remove a copy that did not get its place, and what SQLite put beside it."""
    for end in ("", "-shm", *_NEIGHBOURS):
        fresh.with_name(fresh.name + end).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
