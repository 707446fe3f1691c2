# SPDX-License-Identifier: MIT
"""A message is shown as a whole or not at all, and only where nobody outside can have written a word of it."""

from pathlib import Path

import pytest

from decnet.store.vocabulary import shown


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """Return a folder of steps that know the table evidence and its column sealed."""
    (tmp_path / "0001.sql").write_text("CREATE TABLE evidence (sealed BLOB);\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "message",
    [
        "no such table: evidence",
        "UNIQUE constraint failed: evidence.sealed",
        "cannot store TEXT value in BLOB column evidence.sealed",
        'near "sealed": syntax error',
        "duplicate column name: sealed",
    ],
)
def test_what_stands_in_the_steps_or_in_sqlite_is_shown(steps: Path, message: str) -> None:
    assert shown(RuntimeError(message), steps) == f"RuntimeError: {message}"


@pytest.mark.parametrize(
    "message",
    [
        "no such table: hunter2",
        "Could not decode to UTF-8 column 'sealed' with text 'hunter2'",
        "evidence.sealed: !!!",
        "evidence: -- ''",
        "evidence\nsealed",
        "evidenc\u0435",
        "",
    ],
)
def test_one_word_or_sign_of_anybody_else_hides_the_whole(steps: Path, message: str) -> None:
    assert shown(RuntimeError(message), steps) == "RuntimeError"
