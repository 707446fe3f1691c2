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
from decnet.store.restore import restore
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


def test_what_the_backup_had_is_there_and_what_was_there_is_kept(store: Stored, backup: Path) -> None:
    store.ingest.connection.close()
    done = restore(store.config.paths.store, backup)
    assert done.schema == SCHEMA
    assert done.replaced is not None
    assert count(store.config.paths.store) == 1
    assert count(done.replaced) == 2


def test_a_store_that_is_open_is_left_alone(store: Stored, backup: Path) -> None:
    with pytest.raises(InUseError):
        restore(store.config.paths.store, backup)
    assert evidence.last_number(store.ingest.connection) == 2


def test_a_missing_store_comes_back(store: Stored, backup: Path) -> None:
    store.ingest.connection.close()
    for file in store.config.paths.store.parent.glob("decnet.db*"):
        file.unlink()
    assert restore(store.config.paths.store, backup).replaced is None
    assert count(store.config.paths.store) == 1


def test_what_is_no_store_or_a_newer_one_is_refused(store: Stored, backup: Path, tmp_path: Path) -> None:
    store.ingest.connection.close()
    (tmp_path / "text").write_text("no database, but long enough to be looked at" * 100)
    with pytest.raises(DamagedError):
        restore(store.config.paths.store, tmp_path / "text")
    with closing(connect_unchecked(backup)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StoreOutdatedError):
        restore(store.config.paths.store, backup)
    assert count(store.config.paths.store) == 2


@pytest.mark.root
def test_root_gives_the_store_to_whom_its_folder_belongs(store: Stored, backup: Path) -> None:
    store.ingest.connection.close()
    os.chown(store.config.paths.store.parent, 12345, 12346)
    restore(store.config.paths.store, backup)
    found = store.config.paths.store.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (12345, 12346, 0o640)
