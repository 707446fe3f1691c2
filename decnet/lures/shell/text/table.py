# SPDX-License-Identifier: MIT
"""Tables that stand in text files beside this module: a row a line, ``#`` begins a comment."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def rows(name: str) -> list[str]:
    """Return the rows of the table ``name``."""
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
