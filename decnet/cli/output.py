# SPDX-License-Identifier: MIT
"""How listings reach people and programs: an aligned table, or one JSON object a line."""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from decnet.domain.captured import storable, visible

Row = Mapping[str, Any]

BOLD = "1"
RED = "31"
GREEN = "32"
YELLOW = "33"
_ROWS_MEASURED = 200
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
_NOT_PLAIN = re.compile("[^\n -~]")


def add_format(parser: ArgumentParser) -> None:
    """Declare ``--format text|json``."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="a table for people or JSON Lines")


def show(rows: Iterable[Row], columns: Sequence[str], *, format_: str) -> None:
    """
    Print ``rows``: every field of each as a line of JSON, or ``columns`` as a table.

    The table's cells are made harmless for a terminal; the columns are as wide as the first rows need, the last one is free.
    """
    if format_ == "json":
        for row in rows:
            show_json(row)
        return
    waiting = iter(rows)
    head = [[cell(row.get(column)) for column in columns] for row in islice(waiting, _ROWS_MEASURED)]
    widths = [max([len(column), *(len(line[index]) for line in head)]) for index, column in enumerate(columns)]
    print(styled(_aligned([column.upper().replace("_", " ") for column in columns], widths), BOLD))
    for line in head:
        print(_aligned(line, widths))
    for row in waiting:
        print(_aligned([cell(row.get(column)) for column in columns], widths))


def show_json(row: Row) -> None:
    """Print one object as a line of ASCII JSON: programs read the same, a terminal gets nothing to act upon."""
    try:
        line = orjson.dumps(row, option=_OPTIONS, default=str)
    except orjson.JSONEncodeError:
        line = orjson.dumps(_storable(row), option=_OPTIONS, default=str)
    sys.stdout.buffer.write(line if line.isascii() and b"\x7f" not in line else _in_ascii(line))
    sys.stdout.buffer.flush()


def _storable(value: Any) -> Any:
    """Return what a row holds with every text as JSON takes it: names of files are any bytes."""
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    return storable(str(value)) if isinstance(value, (str, Path)) else value


def _in_ascii(line: bytes) -> bytes:
    """Return JSON with every character beyond printable ASCII escaped (RFC 8259, section 7)."""
    return _NOT_PLAIN.sub(lambda match: _escaped(match[0]), line.decode()).encode("ascii")


def _escaped(char: str) -> str:
    """Return the escape of a character; of one beyond U+FFFF those of its UTF-16 pair."""
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))


def cell(value: Any) -> str:
    """Return a value as a cell: nothing for None, lists joined, attackers' text made harmless."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(item) for item in value)
    return visible(str(value))


def styled(text: str, style: str) -> str:
    """Return ``text`` in a style where standard output is a terminal."""
    return f"\x1b[{style}m{text}\x1b[0m" if sys.stdout.isatty() else text


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Pad all cells but the last."""
    return "  ".join([*(text.ljust(width) for text, width in zip(cells[:-1], widths, strict=False)), cells[-1]]).rstrip()
