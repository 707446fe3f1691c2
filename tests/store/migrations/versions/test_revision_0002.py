# SPDX-License-Identifier: MIT
"""A store of the first schema keeps what it has, and touches are counted from it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from decnet.store import migrate as migrations
from decnet.store import touches
from decnet.store.database import connect
from decnet.store.migrate import migrate
from decnet.store.touches import HOUR

FIRST = Path(migrations.__file__).parent / "migrations" / "versions" / "0001.sql"
RECORD = """INSERT INTO evidence (
  id, spool, sequence, at, decoy, lure, session, peer_address, peer_port, local_address, local_port, kind, body
) VALUES (?, 1, ?, ?, 'd', ?, 's', '192.0.2.7', 1, '127.0.0.5', 22, ?, x'00')"""


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
