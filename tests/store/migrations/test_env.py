# SPDX-License-Identifier: MIT
"""Alembic finds one line of revisions, and each has its file of SQL."""

from pathlib import Path

from alembic.script import ScriptDirectory

from decnet.store import migrations
from decnet.store.database import SCHEMA

FOLDER = Path(migrations.__file__).parent


def test_revisions_are_one_line_up_to_the_schema_of_this_version() -> None:
    revisions = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]
    assert revisions == [f"{number:04}" for number in range(SCHEMA, 0, -1)]


def test_each_revision_has_its_sql() -> None:
    assert {path.stem for path in (FOLDER / "versions").glob("*.sql")} == {f"{number:04}" for number in range(1, SCHEMA + 1)}
