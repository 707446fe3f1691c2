# SPDX-License-Identifier: MIT
"""Statements that were prepared by number, and what a record tells of them."""

from dataclasses import dataclass, field

from decnet.lures.mysql import packets, results
from decnet.lures.mysql.dialect import MysqlDialect
from decnet.lures.mysql.results import Encoding
from decnet.lures.sql.value import Value
from decnet.lures.sql.world import TableColumn


@dataclass
class Prepared:
    """A statement that was prepared by number."""

    text: str
    count: int
    types: list[tuple[int, int]] = field(default_factory=list)
    long_data: dict[int, bytes] = field(default_factory=dict)
    left_out: int = 0
    """Bytes of long values for which there was no room."""


def default_of(column: TableColumn, encoding: Encoding) -> bytes:
    """Return the default of a column as COM_FIELD_LIST shows it."""
    if column.default is None or callable(column.default):
        return b"\xfb"
    return packets.string(results.octets(column.default, encoding))


def executed(values: list[Value], dialect: MysqlDialect, kind: str = "parameter") -> dict[str, bytes | None]:
    """Return the values that came with a statement by their places, as a record names them."""
    return {f"{kind} {place}": _octets(value, dialect) for place, value in enumerate(values)}


def _octets(value: Value, dialect: MysqlDialect) -> bytes | None:
    """Return a value as text, bytes as they are; none for NULL."""
    if value is None or isinstance(value, bytes):
        return value
    return dialect.text(value).encode("utf-8", "surrogateescape")
