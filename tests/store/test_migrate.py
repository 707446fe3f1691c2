# SPDX-License-Identifier: MIT
"""A migration happens once, with a backup before, and never backwards."""

import fcntl
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from decnet.errors import DamagedError, InUseError, StoreOutdatedError
from decnet.store.database import SCHEMA, connect
from decnet.store.migrate import migrate
from decnet.version import VERSION


def test_first_migration_makes_the_store_and_the_second_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store" / "decnet.db"
    first = migrate(path)
    assert (first.before, first.after, first.backup) == (0, SCHEMA, None)
    content = path.read_bytes()
    second = migrate(path)
    assert (second.before, second.after, second.backup) == (SCHEMA, SCHEMA, None)
    assert path.read_bytes() == content
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT version FROM writer").fetchone() == (VERSION,)
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert path.stat().st_mode & 0o007 == 0


def test_older_store_is_backed_up_before(tmp_path: Path) -> None:
    path = tmp_path / "decnet.db"
    with closing(sqlite3.connect(path)) as older, older:
        older.execute("CREATE TABLE kept (x)")
        older.execute("INSERT INTO kept VALUES (1)")
    done = migrate(path)
    assert done.backup is not None
    with closing(sqlite3.connect(done.backup)) as backup:
        assert backup.execute("SELECT x FROM kept").fetchall() == [(1,)]
        assert backup.execute("SELECT count(*) FROM sqlite_master WHERE name = 'evidence'").fetchone() == (0,)


def test_no_copy_is_made_for_who_has_one(tmp_path: Path) -> None:
    path = tmp_path / "decnet.db"
    with closing(sqlite3.connect(path)) as older, older:
        older.execute("CREATE TABLE kept (x)")
    assert migrate(path, keeps_backup=False).backup is None
    assert [file.name for file in tmp_path.iterdir() if "schema-" in file.name] == []


def test_newer_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "decnet.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StoreOutdatedError):
        migrate(path)


def test_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """The schema comes whole or not at all."""
    path = tmp_path / "decnet.db"
    with closing(sqlite3.connect(path)) as odd, odd:
        odd.execute("CREATE TABLE damage (in_the_way)")
    with pytest.raises(Exception, match="damage"):
        migrate(path)
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("SELECT name FROM sqlite_master").fetchall() == [("damage",)]


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "decnet.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(DamagedError):
        migrate(path)


def test_second_migration_at_the_same_time_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InUseError):
            migrate(tmp_path / "decnet.db")


def test_no_service_pays_for_the_migration_tool() -> None:
    """The ingester's imports stay without SQLAlchemy and Alembic: they cost more memory than everything else."""
    code = "import sys, decnet.workers.ingester; print([name for name in ('sqlalchemy', 'alembic') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
