# SPDX-License-Identifier: MIT
"""A file of SQL falls into its statements."""

from pathlib import Path

from decnet.store.statements import statements


def test_statements_end_with_their_semicolon(tmp_path: Path) -> None:
    path = tmp_path / "some.sql"
    path.write_text(
        "-- one; two\nCREATE TABLE a (b TEXT DEFAULT ';\n');\n\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 1;\nEND;\n"
    )
    found = list(statements(path))
    assert [one.split()[-1] for one in found] == ["');", "END;"]
