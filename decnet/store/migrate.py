# SPDX-License-Identifier: MIT
"""
From one schema to the next: run once, under a lock, with a backup before.

The only module that knows Alembic and SQLAlchemy; no service imports it.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from decnet.domain.evidence import now
from decnet.errors import HostError, InUseError, StoreOutdatedError
from decnet.store.backup import back_up
from decnet.store.database import SCHEMA, check_schema, connect_unchecked, explain, explained, is_of_the_host, schema_of
from decnet.store.vocabulary import shown
from decnet.version import VERSION

_MIGRATIONS = Path(__file__).with_name("migrations")
_MODE = 0o640
_RAISED = (
    SQLAlchemyError,
    CommandError,
    sqlite3.Error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What a step, or who runs it, can raise."""


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """What a migration did; ``backup`` is None where there was nothing to keep."""

    before: int
    after: int
    backup: Path | None


def migrate(database: Path, *, keeps_backup: bool = True) -> Migrated:
    """
    Bring the store to this version's schema; create it where it is missing; change nothing where it is right.

    Without ``keeps_backup`` no copy is made before: who asks has one, or wants none.
    Raises ``StoreOutdatedError`` where a newer version wrote it or a step failed, ``InUseError`` where another migration runs.
    """
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with _lock(database.with_name("migrate.lock")), explained(database):
            return _migrate(database, keeps_backup=keeps_backup)
    except OSError as error:
        raise HostError(f"the store {database} cannot be made: {error.strerror}", remedy="decnet doctor") from error


def _migrate(database: Path, *, keeps_backup: bool) -> Migrated:
    """Migrate under the lock."""
    _create(database)
    with closing(connect_unchecked(database)) as connection:
        before = schema_of(connection)
        if before > SCHEMA:
            check_schema(connection, database)
        is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if is_empty:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = WAL")
    if before == SCHEMA:
        return Migrated(before=before, after=before, backup=None)
    backup = None
    if keeps_backup and not is_empty:
        backup = database.with_name(f"{database.name}.schema-{before:04}.{now():%Y%m%dT%H%M%S.%f}")
        back_up(database, backup, is_store=before > 0)
    with _explained(database, backup):
        _upgrade(database)
    return Migrated(before=before, after=SCHEMA, backup=backup)


@contextmanager
def _explained(database: Path, backup: Path | None) -> Iterator[None]:
    """Turn what a step raises into the reason, what became of the store, and what mends it; of the evidence nothing is told."""
    try:
        yield
    except _RAISED as error:
        found = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        if isinstance(found, sqlite3.DatabaseError) and is_of_the_host(found):
            raise explain(found, database) from error
        reason = shown(found.with_traceback(error.__traceback__), _MIGRATIONS / "versions")
        undo = f"; should anything be missing: decnet store restore {backup}" if backup else ""
        raise StoreOutdatedError(
            f"the store {database} was not brought to schema {SCHEMA}, its step failed and was taken back: {reason}"
            + (f"; a copy from before is {backup}" if backup else ""),
            remedy=f"install a version that mends this step, or the one from before, then: decnet store migrate{undo}",
        ) from error


def _create(database: Path) -> None:
    """Make an empty file that only the account and its group may read; a link leads nowhere."""
    os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE))


def _upgrade(database: Path) -> None:
    """Run every missing revision in one transaction."""
    engine = create_engine(f"sqlite:///{database}", poolclass=NullPool, connect_args={"isolation_level": None})
    event.listen(engine, "begin", _begin)
    configuration = AlembicConfig()
    configuration.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        connection.exec_driver_sql("INSERT OR REPLACE INTO writer (only, version) VALUES (1, ?)", (VERSION,))
    engine.dispose()


def _begin(connection: Connection) -> None:
    """Take the write lock at once; the driver's own transactions would commit before each change of the schema."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Keep a second migration out."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InUseError("another migration of the store runs", remedy="wait for its end") from None
    finally:
        os.close(lock)
