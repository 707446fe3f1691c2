# SPDX-License-Identifier: MIT
"""A backup in the place of the store, while nobody has the store open; what was there is kept beside it."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from decnet.domain.evidence import now
from decnet.errors import DamagedError, DiskFullError, HostError, InUseError, StoreOutdatedError
from decnet.host.disk import NO_ROOM
from decnet.store.database import SCHEMA, connect_unchecked, explained, schema_of

_MODE = 0o640


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restoration did; ``replaced`` is None where there was no store."""

    schema: int
    replaced: Path | None


def restore(database: Path, backup: Path) -> Restored:
    """
    Put a copy of ``backup`` in the place of the store; its schema may be an older one, for an older version to read.

    Raises ``InUseError`` while a service has the store open, ``DamagedError`` where the backup is no whole store.
    """
    schema = _examine(backup)
    fresh = database.with_name(f"{database.name}.restored")
    replaced = None
    try:
        if database.exists():
            _close(database)
        fresh.unlink(missing_ok=True)
        _copy(backup, fresh)
        if database.exists():
            replaced = database.with_name(f"{database.name}.replaced.{now():%Y%m%dT%H%M%S}")
            os.link(database, replaced)
        fresh.replace(database)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(f"there is no room for the store {database}", remedy="make room on its disk") from error
        raise HostError(f"the store {database} cannot be replaced: {error.strerror}", remedy="run it as root") from error
    finally:
        fresh.unlink(missing_ok=True)
    return Restored(schema=schema, replaced=replaced)


def _examine(backup: Path) -> int:
    """Return the schema of a backup; raise where this version could not say what is in it."""
    with closing(connect_unchecked(backup, read_only=True)) as connection, explained(backup):
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        schema = schema_of(connection) if found == "ok" else 0
    if not schema:
        raise DamagedError(f"{backup} is no whole store: {found}", remedy="name another backup")
    if schema > SCHEMA:
        raise StoreOutdatedError(
            f"{backup} has schema {schema}, this version knows schema {SCHEMA}", remedy="install that version"
        )
    return schema


def _close(database: Path) -> None:
    """Bring everything into the one file that is going to be kept; that works only where nobody else has it open."""
    with closing(connect_unchecked(database)) as connection:
        connection.execute("PRAGMA busy_timeout = 1000")
        try:
            with explained(database):
                connection.execute("PRAGMA journal_mode = DELETE")
        except InUseError as error:
            raise InUseError(f"a service has the store {database} open", remedy="systemctl stop decnet.target") from error


def _copy(backup: Path, fresh: Path) -> None:
    """Copy the backup; the copy belongs to whom the folder of the store belongs to, whoever makes it."""
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE))
    with (
        closing(connect_unchecked(backup, read_only=True)) as source,
        closing(sqlite3.connect(fresh)) as copy,
        explained(fresh),
    ):
        source.backup(copy)
    folder = fresh.parent.stat()
    with fresh.open("rb") as file:
        if (folder.st_uid, folder.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
        os.fsync(file.fileno())
