# SPDX-License-Identifier: MIT
"""
The SQLite database: how it is opened, and what its errors mean to an operator.

One writer at a time takes the write lock at once (``BEGIN IMMEDIATE``), so that numbers are given in the order of the commits
and a cursor never passes a lower number that is still to come. Readers do not wait (write-ahead log).
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosql

from decnet.errors import DamagedError, DecnetError, DiskFullError, HostError, InUseError, StoreOutdatedError
from decnet.remedy import make_store, quoted

SCHEMA = 2
"""The number of the newest revision in ``migrations/versions``."""

BUSY_SECONDS = 10.0
_WRITER_CACHE_KIB = 16 * 1024
_READER_CACHE_KIB = 4 * 1024
_CHECKPOINT_PAGES = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_QUERIES = Path(__file__).with_name("queries")
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_MASK = 0xFF
_AS_OWNER = "do it as the account of the services, or as root with sudo"


def load_queries(name: str) -> Any:
    """Return the named statements of ``queries/<name>.sql`` as methods, which take the connection first."""
    return aiosql.from_path(_QUERIES / f"{name}.sql", "sqlite3")


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """
    Open the store; transactions are explicit, and the connection may be used by any one thread at a time.

    Raises ``StoreOutdatedError`` where there is no store yet, or its schema is older or newer than this version's,
    ``HostError`` where it may not be opened, ``DamagedError`` where it is no database.
    """
    connection = connect_unchecked(path, read_only=read_only)
    try:
        with explained(path):
            check_schema(connection, path)
            tune(connection, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_unchecked(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open an existing database whatever its schema is."""
    mode = "ro" if read_only else "rw"
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise HostError(f"the store {path} is no regular file", remedy=f"ls -lb {quoted(path)}")
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreOutdatedError(f"there is no store at {path} yet", remedy=make_store()) from error
    except (sqlite3.OperationalError, OSError) as error:
        if isinstance(error, PermissionError) or (isinstance(error, sqlite3.Error) and not os.access(path, os.R_OK)):
            raise HostError(f"you may not read the store {path}", remedy=_AS_OWNER) from error
        raise HostError(f"the store {path} cannot be opened: {error}", remedy="decnet doctor") from error


def tune(connection: sqlite3.Connection, *, read_only: bool) -> None:
    """Set what SQLite does not keep in the file."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB if read_only else _WRITER_CACHE_KIB}")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute("PRAGMA temp_store = MEMORY")


def schema_of(connection: sqlite3.Connection) -> int:
    """Return the number of the database's newest revision; 0 where it has none."""
    table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if table else None
    return int(row[0]) if row else 0


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise ``StoreOutdatedError`` where the schema is not this version's."""
    found = schema_of(connection)
    if found == SCHEMA:
        return
    if found < SCHEMA:
        raise StoreOutdatedError(f"the store {path} has schema {found}, this version needs {SCHEMA}", remedy=make_store())
    version = connection.execute("SELECT version FROM writer").fetchone()
    raise StoreOutdatedError(
        f"the store {path} has schema {found}, written by decnet {version[0] if version else '?'}; "
        f"this version knows schema {SCHEMA}",
        remedy="install that version, or restore the backup made before the migration",
    )


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Hold the write lock; commit at the end, roll back on any error."""
    with explained(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into those that an operator can act upon."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise explain(error, path) from error


def is_of_the_host(error: sqlite3.DatabaseError) -> bool:
    """Say whether the disk, another process or the file is why something failed, and not what was asked for."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code in _FULL or code & _MASK in _BUSY | _DAMAGED


def explain(error: sqlite3.DatabaseError, path: Path) -> DecnetError:
    """Return the error to raise instead of one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _FULL:
        return DiskFullError(f"the disk below {path} is full", remedy="make room; what waits in the spools is stored then")
    if code & _MASK in _BUSY:
        return InUseError(
            f"the store {path} is locked by another process", remedy=f"try again, or see who: fuser -v {quoted(path)}"
        )
    if code & _MASK in _DAMAGED:
        return DamagedError(
            f"the store {path} is damaged: {_said(error)}", remedy="restore a backup: decnet store backup made them"
        )
    return HostError(f"the store {path} cannot be used: {_said(error)}", remedy="decnet store check")


def _said(error: sqlite3.DatabaseError) -> str:
    """Return SQLite's own words; those of Python's module have no code, and quote what was stored."""
    return str(error) if getattr(error, "sqlite_errorname", "") else type(error).__name__


def microseconds(moment: datetime) -> int:
    """Return an aware time as the store keeps it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Return a time of the store."""
    return _EPOCH + microseconds * _MICROSECOND
