# SPDX-License-Identifier: MIT
"""A store of the first schema keeps what it has, and touches are counted from it."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from decnet.domain.evidence import Closed, Command, Credential, Endpoint, Opened
from decnet.store import migrate as migrations
from decnet.store import touches
from decnet.store.database import connect
from decnet.store.migrate import migrate
from decnet.store.touches import HOUR
from tests.support.stores import stored

FIRST = Path(migrations.__file__).parent / "migrations" / "versions" / "0001.sql"
RECORD = """INSERT INTO evidence (
  id, spool, sequence, at, decoy, lure, session, peer_address, peer_port, local_address, local_port, kind, body
) VALUES (?, 1, ?, ?, 'd', ?, 's', '192.0.2.7', 1, '127.0.0.5', 22, ?, x'00')"""

# the tables of this revision, what refers to others first
MADE = ("login", "account", "token", "audit", "touch")
# the first of a migration, two on the way, and the last
STATEMENTS = ("CREATE TABLE account", "INSERT INTO touch", "UPDATE alembic_version", "INSERT OR REPLACE INTO writer")
DIES = """\
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from decnet.store.migrate import migrate

def look(connection, cursor, statement, parameters, context, executemany):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "after_cursor_execute", look)
migrate(Path(sys.argv[1]))
"""


def dump(path: Path) -> list[str]:
    """Return everything in a database, but which version wrote it last."""
    with closing(sqlite3.connect(path)) as connection:
        return sorted(line for line in connection.iterdump() if 'INTO "writer"' not in line)


def attacked(folder: Path) -> Path:
    """Return a store into which sessions of several attackers came, by the way that all evidence comes."""
    with stored(folder) as store:
        for number in range(12):
            fields: dict[str, Any] = {
                "session": f"s{number}",
                "lure": ("ssh", "http", "redis")[number % 3],
                "decoy": f"d{number % 2}",
                "peer": Endpoint(address=f"192.0.2.{number % 5}", port=1),
            }
            store.write(Opened(), Command(command=f"run {number}"), **fields)
            store.write(Credential(mechanism="password", username="root", accepted=False), secret=b"toor", **fields)
            store.write(Closed(reason="peer", seconds=1.0), **fields)
        store.bring()
        return store.config.paths.store


def take_back(path: Path) -> None:
    """Make of a store one of the first schema."""
    with closing(sqlite3.connect(path)) as store, store:
        for table in MADE:
            store.execute(f"DROP TABLE {table}")
        store.execute("UPDATE alembic_version SET version_num = '0001'")


def first_schema(path: Path) -> None:
    """Make a store as the version before left it, with records in it."""
    with closing(sqlite3.connect(path)) as store, store:
        store.executescript(FIRST.read_text())
        store.executescript(
            "CREATE TABLE alembic_version (version_num TEXT NOT NULL); INSERT INTO alembic_version VALUES ('0001')"
        )
        store.execute("INSERT INTO writer VALUES (1, '0.1.0')")
        store.execute("INSERT INTO spool (id, host, writer) VALUES (1, 'h', 'w')")
        kinds = [("ssh", "opened"), ("ssh", "opened"), ("ssh", "command"), ("http", "opened")]
        for number, (lure, kind) in enumerate(kinds):
            store.execute(RECORD, (b"%d" % number, number, 7 * HOUR + number, lure, kind))
        store.execute(RECORD, (b"late", 9, 8 * HOUR, "ssh", "opened"))


def test_records_stay_and_their_touches_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "decnet.db"
    first_schema(path)
    done = migrate(path)
    assert (done.before, done.after) == (1, 2)
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM evidence").fetchone() == (5,)
        hours = touches.by_hour(connection, last=8, count=3)
        assert [hour.lures for hour in hours] == [{}, {"ssh": 2, "http": 1}, {"ssh": 1}]
        assert connection.execute("SELECT count(*) FROM account").fetchone() == (0,)


def test_attacked_store_is_as_if_it_had_had_this_schema_from_the_start(tmp_path: Path) -> None:
    """Touches are those that were counted one by one, and nothing else is another: attackers, sessions, secrets, events."""
    path = attacked(tmp_path)
    before = dump(path)
    assert sum('INTO "touch"' in line for line in before) == 3
    take_back(path)
    with closing(sqlite3.connect(path)) as store, closing(sqlite3.connect(tmp_path / "plain.db")) as plain:
        plain.executescript(FIRST.read_text())
        schema = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' ORDER BY name"
        assert store.execute(schema).fetchall() == plain.execute(schema).fetchall()
    migrate(path)
    assert dump(path) == before


@pytest.mark.parametrize("statement", STATEMENTS)
def test_store_is_what_it_was_where_the_migration_was_killed_and_the_next_one_ends_it(tmp_path: Path, statement: str) -> None:
    path = attacked(tmp_path)
    whole = dump(path)
    take_back(path)
    before = dump(path)
    killed = subprocess.run([sys.executable, "-c", DIES, path, statement], check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert dump(path) == before
    done = migrate(path)
    assert (done.before, done.after) == (1, 2)
    assert dump(path) == whole
