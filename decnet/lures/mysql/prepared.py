# SPDX-License-Identifier: MIT
"""Statements that were prepared by number, and what a record tells of them."""

from dataclasses import dataclass, field

from decnet.domain.captured import text as captured
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


def default_of(column: TableColumn, encoding: Encoding) -> bytes:
    """Return the default of a column as COM_FIELD_LIST shows it."""
    if column.default is None or callable(column.default):
        return b"\xfb"
    return packets.string(results.octets(column.default, encoding))


def executed(values: list[Value], dialect: MysqlDialect) -> dict[str, str]:
    """Return what a record tells of the values of a prepared statement."""
    found = {"command": "COM_STMT_EXECUTE"}
    for place, value in enumerate(values[:32]):
        shown = "NULL" if value is None else dialect.text(value)[:1024]
        found[f"parameter {place}"] = captured(shown.encode("utf-8", "surrogateescape"))
    return found
