# SPDX-License-Identifier: MIT
"""The store opens where it is the right one, and says what to do where it is not."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.errors import DamagedError, HostError, InUseError, StoreOutdatedError
from decnet.store import database
from decnet.store.database import connect, explained, microseconds, moment, schema_of, transaction
from tests.support.sources import ROOT
from tests.support.stores import migrated


def test_store_is_open_for_many_readers_and_keeps_its_rules(tmp_path: Path) -> None:
    path = migrated(tmp_path).paths.store
    with closing(connect(path)) as connection:
        pragmas = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys", "synchronous")
        }
        assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1}
        assert schema_of(connection) == database.SCHEMA


def test_reader_cannot_write(tmp_path: Path) -> None:
    path = migrated(tmp_path).paths.store
    with closing(connect(path, read_only=True)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM evidence")


def test_missing_store_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(StoreOutdatedError) as error:
        connect(tmp_path / "decnet.db")
    assert error.value.remedy == "decnet store migrate"


def test_store_that_may_not_be_looked_at_is_not_called_missing(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="opened"):
        connect(tmp_path / ("x" * 300) / "decnet.db")


@pytest.mark.root
def test_who_may_not_read_the_store_is_told_who_may(tmp_path: Path) -> None:
    path = tmp_path / "decnet.db"
    path.touch(0o600)
    program = (
        "import os, sys; from pathlib import Path; from decnet.store.database import connect\n"
        "from decnet.errors import HostError; os.chdir(sys.argv[1]); os.chmod('.', 0o755); os.setgid(65534); os.setuid(65534)\n"
        "try: connect(Path('decnet.db'), read_only=True)\n"
        "except HostError as error: print(error.message, error.remedy)\n"
    )
    done = subprocess.run(
        (sys.executable, "-B", "-c", program, str(tmp_path)), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "you may not read the store decnet.db do it as the account of the services, or as root with sudo\n"


def test_older_store_says_what_migrates_it(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "decnet.db").close()
    with pytest.raises(StoreOutdatedError) as error:
        connect(tmp_path / "decnet.db")
    assert error.value.remedy == "decnet store migrate"


def test_newer_store_says_which_version_wrote_it(tmp_path: Path) -> None:
    path = migrated(tmp_path).paths.store
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '0099'")
        newer.execute("UPDATE writer SET version = '9.9.9'")
    with pytest.raises(StoreOutdatedError, match=r"written by decnet 9\.9\.9"):
        connect(path)


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_file_that_is_no_database_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "decnet.db"
    path.write_bytes(content)
    with pytest.raises(DamagedError):
        connect(path)


def test_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    path = migrated(tmp_path).paths.store
    with closing(connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError), transaction(connection, path):
            connection.executemany("INSERT INTO cursor VALUES (?, 1)", [("a",), ("a",)])
        assert connection.execute("SELECT count(*) FROM cursor").fetchone() == (0,)
        with transaction(connection, path):
            connection.execute("INSERT INTO cursor VALUES ('a', 1)")
        assert connection.execute("SELECT count(*) FROM cursor").fetchone() == (1,)


def test_store_that_is_held_by_another_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.0)
    path = migrated(tmp_path).paths.store
    with closing(connect(path)) as one, closing(connect(path)) as other:
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(InUseError), transaction(other, path):
            pass


def test_what_was_stored_is_never_part_of_an_error(tmp_path: Path) -> None:
    """Python's module quotes text that it cannot decode; a log would have it for everybody to read."""
    path = tmp_path / "decnet.db"
    with closing(sqlite3.connect(path)) as odd, pytest.raises(HostError) as raised, explained(path):
        odd.execute("SELECT CAST(x'ff' || 'hunter2' AS TEXT)").fetchone()
    assert "hunter2" not in raised.value.message


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_microsecond(at: datetime) -> None:
    assert moment(microseconds(at)) == at
