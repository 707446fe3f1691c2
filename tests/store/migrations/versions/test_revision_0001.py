# SPDX-License-Identifier: MIT
"""The first schema holds what the queries name."""

import sqlite3
from contextlib import closing
from pathlib import Path

from decnet.store import database, migrations
from decnet.store.database import connect, load_queries
from tests.support.stores import migrated


def test_every_query_can_be_prepared(tmp_path: Path) -> None:
    """A query that names a missing column would only be found when it runs."""
    path = migrated(tmp_path).paths.store
    names = [found.stem for found in (Path(database.__file__).parent / "queries").glob("*.sql")]
    with closing(connect(path)) as connection:
        for name in names:
            queries = load_queries(name)
            for query in queries.available_queries:
                statement = getattr(queries, query).sql
                wanted = dict.fromkeys(_parameters(statement))
                connection.execute(f"EXPLAIN {statement}", wanted).fetchall()
    assert len(names) > 5


def _parameters(statement: str) -> list[str]:
    """Return the names of the parameters of a statement."""
    return [word.strip(":(),;") for word in statement.replace("(", " ").replace(",", " ").split() if word.startswith(":")]


def test_schema_is_plain_sql(tmp_path: Path) -> None:
    """The file runs as it is in any SQLite."""
    with closing(sqlite3.connect(tmp_path / "plain.db")) as plain:
        plain.executescript((Path(migrations.__file__).parent / "versions" / "0001.sql").read_text())
        assert plain.execute("SELECT count(*) FROM evidence_row").fetchone() == (0,)
