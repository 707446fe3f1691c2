# SPDX-License-Identifier: MIT
"""A backup comes back whole, never under a service, and what was there is kept."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from decnet.domain.evidence import Command
from decnet.errors import DamagedError, InUseError, StoreOutdatedError
from decnet.store import evidence
from decnet.store.backup import back_up
from decnet.store.database import SCHEMA, connect, connect_unchecked
from decnet.store.restore import Restored, opened, restore
from tests.support.stores import Stored


@pytest.fixture
def backup(store: Stored, tmp_path: Path) -> Path:
    """A backup with one record; the store has two by now, and nobody has it open."""
    store.write(Command(command="id"))
    store.bring()
    file = tmp_path / "backup.db"
    back_up(store.config.paths.store, file)
    store.write(Command(command="w"))
    store.bring()
    return file


def count(database: Path) -> int:
    """Return the number of the newest record."""
    with closing(connect(database)) as connection:
        return evidence.last_number(connection)


def put_back(store: Stored, backup: Path, *, unless_whole: bool = False) -> Restored:
    """Restore a backup."""
    with opened(backup) as found:
        return restore(store.config.paths.store, found, unless_whole=unless_whole)


def test_what_the_backup_had_is_there_and_what_was_there_is_kept(store: Stored, backup: Path) -> None:
    store.ingest.connection.close()
    done = put_back(store, backup)
    assert done.schema == SCHEMA
    assert done.replaced is not None
    assert count(store.config.paths.store) == 1
    assert count(done.replaced) == 2


def test_a_store_that_is_open_is_left_alone(store: Stored, backup: Path) -> None:
    with pytest.raises(InUseError):
        put_back(store, backup)
    assert evidence.last_number(store.ingest.connection) == 2


def test_a_missing_store_comes_back(store: Stored, backup: Path) -> None:
    store.ingest.connection.close()
    for file in store.config.paths.store.parent.glob("decnet.db*"):
        file.unlink()
    assert put_back(store, backup).replaced is None
    assert count(store.config.paths.store) == 1


def test_what_is_no_store_or_a_newer_one_is_refused(store: Stored, backup: Path, tmp_path: Path) -> None:
    store.ingest.connection.close()
    (tmp_path / "text").write_text("no database, but long enough to be looked at" * 100)
    with pytest.raises(DamagedError):
        put_back(store, tmp_path / "text")
    with closing(connect_unchecked(backup)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StoreOutdatedError):
        put_back(store, backup)
    assert count(store.config.paths.store) == 2


def test_a_damaged_store_is_put_aside_and_its_log_is_not_taken_for_that_of_the_new_one(store: Stored, backup: Path) -> None:
    store.ingest.connection.close()
    database = store.config.paths.store
    database.write_bytes(b"half of a store" * 1000)
    log = database.with_name(f"{database.name}-wal")
    log.write_bytes(b"a log of another store")
    done = put_back(store, backup)
    assert count(database) == 1
    assert not log.exists() or log.read_bytes() != b"a log of another store"
    assert done.replaced is not None
    assert done.replaced.read_bytes() == b"half of a store" * 1000


def test_a_whole_store_stays_where_that_was_said(store: Stored, backup: Path) -> None:
    store.ingest.connection.close()
    done = put_back(store, backup, unless_whole=True)
    assert (done.is_kept, done.schema, done.replaced) == (True, SCHEMA, None)
    assert count(store.config.paths.store) == 2
    store.config.paths.store.write_bytes(b"half of a store" * 1000)
    assert not put_back(store, backup, unless_whole=True).is_kept
    assert count(store.config.paths.store) == 1


def test_a_plain_copy_comes_back_with_its_log(store: Stored, tmp_path: Path) -> None:
    """Who copied the files of a store that was in use has its newest records in the log beside it."""
    store.write(Command(command="id"))
    store.bring()
    database, copy = store.config.paths.store, tmp_path / "copy.db"
    for end in ("", "-wal"):
        copy.with_name(copy.name + end).write_bytes(database.with_name(database.name + end).read_bytes())
    store.ingest.connection.close()
    assert (tmp_path / "copy.db-wal").stat().st_size > 0
    put_back(store, copy)
    assert count(database) == 1


def test_what_is_no_ordinary_file_is_refused(store: Stored, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "queue")
    with pytest.raises(DamagedError):
        put_back(store, tmp_path / "queue")
