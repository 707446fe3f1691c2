# SPDX-License-Identifier: MIT
"""Plain SQL in files, cut into statements."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path


def statements(path: Path) -> Iterator[str]:
    """Yield the statements of a file; a statement ends with a semicolon at the end of a line."""
    collected = ""
    for line in path.read_text("utf-8").splitlines(keepends=True):
        collected += line
        if sqlite3.complete_statement(collected):
            yield collected.strip()
            collected = ""
