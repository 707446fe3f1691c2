# SPDX-License-Identifier: MIT
"""Which system tables there are and which columns they have, from ``text/catalog.txt``."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from decnet.lures.postgresql.functions.declare import returned
from decnet.lures.postgresql.kind import Named
from decnet.lures.sql.value import Row
from decnet.lures.sql.world import TableColumn

_EMPTY: dict[str, Any] = {"bool": False, "int2": 0, "int4": 0, "int8": 0, "oid": 0, "float4": 0.0, "float8": 0.0, "name": "",
                          "char": "", "regproc": "-", "xid": 0}  # fmt: skip
"""What stands in a column that nobody fills; in all others NULL."""


@dataclass(frozen=True)
class Shape:
    """One system table or view."""

    schema: str
    name: str
    kind: str
    oid: int
    row_type: int
    columns: tuple[tuple[str, str], ...]

    def table_columns(self) -> list[TableColumn]:
        """Return the columns for the evaluator."""
        return [TableColumn(name, returned('"char"' if kind == "char" else kind)) for name, kind in self.columns]

    def row(self, values: Mapping[str, Any]) -> Row:
        """Return a row of the values by name; the others are empty."""
        fills = self.kind == "r"
        return tuple(
            _own(values[name], kind) if name in values else _EMPTY.get(kind) if fills else None for name, kind in self.columns
        )


def _own(value: Any, kind: str) -> Any:
    """Return a value of a column; a function of the server is a number that shows its name."""
    return Named.of(zlib.crc32(value.encode()) % 9_000 + 1_000, value) if kind == "regproc" else value


@cache
def shapes() -> dict[tuple[str, str], Shape]:
    """Return all of them by schema and name."""
    text = resources.files("decnet.lures.postgresql.text").joinpath("catalog.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        title, kind, oid, row_type, columns = line.split("|")
        schema, _, name = title.rpartition(".")
        pairs = tuple(tuple(column.split(":")) for column in columns.split(","))
        found[schema or "pg_catalog", name] = Shape(schema or "pg_catalog", name, kind, int(oid), int(row_type), pairs)  # type: ignore[arg-type]  # pairs by the form of the file
    return found


__all__ = ["Shape", "shapes"]
