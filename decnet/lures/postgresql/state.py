# SPDX-License-Identifier: MIT
"""What one connection remembers between its messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from decnet.lures.postgresql.settings import Settings
from decnet.lures.postgresql.wire import Column

IDLE, IN_TRANSACTION, FAILED = b"I", b"T", b"E"
MAX_STATEMENTS = 256
MAX_PORTALS = 256
MAX_CHANNELS = 64
MAX_CURSORS = 64
MAX_KEPT = 4 << 20
"""Bytes of prepared statements and portals of one connection."""


@dataclass
class Result:
    """
    What a statement gave.

    ``columns`` is None where it returns no rows at all; ``tag`` is that of CommandComplete, in which ``{rows}`` stands for
    their number.
    """

    tag: str
    columns: Sequence[Column] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass
class Prepared:
    """A prepared statement: its text, its parts, the types of its parameters, and its columns once they are known."""

    text: str
    statement: Any
    parameters: list[int]
    from_sql: bool = False
    prepared_at: float = 0.0

    @property
    def size(self) -> int:
        """About how many bytes it keeps."""
        return 512 + 8 * len(self.text)


@dataclass
class Portal:
    """A statement with its parameters; ``rows`` are what is left of its result once it began to run."""

    prepared: Prepared
    values: list[Any]
    formats: list[int]
    result: Result | None = None
    rows: Iterator[tuple[Any, ...]] | None = None
    size: int = 512


@dataclass
class Cursor:
    """A cursor of SQL: rows, and which is the next one; before the first is 0."""

    name: str
    result: Result
    position: int = 0
    holds: bool = False
    query: str = ""


@dataclass
class Backend:
    """One connection."""

    pid: int
    key: bytes
    user: str
    database: str
    settings: Settings
    is_superuser: bool
    peer: str
    peer_port: int
    started_at: float
    session_user: str = ""
    transaction: bytes = IDLE
    is_implicit: bool = False
    transaction_at: float = 0.0
    transaction_id: int = 0
    query: str = ""
    query_at: float = 0.0
    is_active: bool = False
    statements: dict[str, Prepared] = field(default_factory=dict)
    portals: dict[str, Portal] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    channels: dict[str, None] = field(default_factory=dict)
    descriptors: dict[int, Any] = field(default_factory=dict)
    notices: list[Any] = field(default_factory=list)
    notifications: list[tuple[int, str, str]] = field(default_factory=list)
    settings_before: dict[str, str] | None = None

    def kept(self) -> int:
        """Return about how many bytes prepared statements and portals take."""
        return sum(one.size for one in self.statements.values()) + sum(one.size for one in self.portals.values())
