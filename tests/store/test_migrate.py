# SPDX-License-Identifier: MIT
"""A migration happens once, with a backup before, and never backwards."""

import fcntl
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from decnet.errors import DamagedError, DiskFullError, InUseError, StoreOutdatedError
from decnet.store import migrate as migrations
from decnet.store.database import SCHEMA, connect
from decnet.store.migrate import migrate
from decnet.version import VERSION

MIGRATIONS = Path(migrations.__file__).with_name("migrations")
NAME = f"revision_{SCHEMA + 1:04}"
STEP = f"""\
from alembic import op
revision, down_revision = "{SCHEMA + 1:04}", "{SCHEMA:04}"
def run(statement, parameters=()):
    return op.get_bind().exec_driver_sql(statement, parameters)
def upgrade():
"""


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


def with_step(folder: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> Path:
    """Return a store for which this version has one step more, and in which an attacker's word is."""
    path = folder / "decnet.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("CREATE TABLE said (word TEXT NOT NULL UNIQUE) STRICT")
        store.execute("INSERT INTO said VALUES ('hunter2')")
    copied = folder / "migrations"
    shutil.copytree(MIGRATIONS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "versions" / f"{NAME}.py").write_text(f"{STEP}{step}\n", encoding="utf-8")
    monkeypatch.setattr(migrations, "SCHEMA", SCHEMA + 1)
    monkeypatch.setattr(migrations, "_MIGRATIONS", copied)
    return path


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("    raise RuntimeError('no such luck')", f"{NAME}.py, line 6: RuntimeError: no such luck"),
        (
            "    run('UPDATE said SET word = NULL')",
            (f"{NAME}.py, line 4: sqlite3.IntegrityError (SQLITE_CONSTRAINT_NOTNULL): NOT NULL constraint failed: said.word"),
        ),
        ("    raise ValueError(run('SELECT word FROM said').scalar())", f"{NAME}.py, line 6: ValueError"),
        (
            "    run('INSERT INTO ' + run('SELECT word FROM said').scalar() + ' VALUES (1)')",
            f"{NAME}.py, line 4: sqlite3.OperationalError (SQLITE_ERROR)",
        ),
        (
            "    run('SELECT ?', (run('SELECT word FROM said').scalar(), 1))",
            f"{NAME}.py, line 4: sqlite3.ProgrammingError",
        ),
        ("    {}[run('SELECT word FROM said').scalar()]", f"{NAME}.py, line 6: KeyError"),
        ("    syntax error here", "SyntaxError"),
    ],
)
def test_step_that_fails_says_why_and_nothing_that_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, reason: str
) -> None:
    path = with_step(tmp_path, monkeypatch, step)
    before = path.read_bytes()
    with pytest.raises(StoreOutdatedError) as raised:
        migrate(path)
    (backup,) = tmp_path.glob("decnet.db.schema-*")
    assert raised.value.message.endswith(f"{reason}; a copy from before is {backup}")
    assert f"decnet store restore {backup}" in raised.value.remedy
    assert "hunter2" not in raised.value.message + raised.value.remedy
    assert path.read_bytes() == before


def test_full_disk_is_no_fault_of_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may not grow by a page more: what SQLite says then is what it says when the disk is full."""
    lines = ("PRAGMA max_page_count = 1", "CREATE TABLE large (x)", "INSERT INTO large VALUES (zeroblob(999999))")
    grown = "\n".join(f"    run('{line}')" for line in lines)
    with pytest.raises(DiskFullError):
        migrate(with_step(tmp_path, monkeypatch, grown))
