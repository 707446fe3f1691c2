# SPDX-License-Identifier: MIT
"""What statements return."""

from dataclasses import dataclass

from decnet.lures.sql.value import Row, Type


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: its title, its type, and the column of a table that it shows (else empty)."""

    title: str
    type: Type
    table: str = ""
    table_alias: str = ""
    database: str = ""
    name: str = ""
    nullable: bool = True
    key: str = ""
    automatic: bool = False


@dataclass(slots=True)
class Rows:
    """The result of a query; of a statement with RETURNING, ``verb`` and ``affected`` say more."""

    columns: list[Column]
    rows: list[Row]
    verb: str = "select"
    affected: int = 0


@dataclass(slots=True)
class Done:
    """
    What another statement did.

    ``verb`` is its first words in lower case, ``affected`` the rows that changed, ``matched`` those that were found.
    """

    verb: str
    affected: int = 0
    matched: int = 0
    last_id: int = 0
    warnings: int = 0
    info: str = ""


Outcome = Rows | Done
