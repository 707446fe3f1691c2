# SPDX-License-Identifier: MIT
"""What a statement runs in: who sent it, what he sees, and what it may still cost."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from decnet.lures.sql.dialect import Dialect
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Row, Type, Value
from decnet.lures.sql.world import World

MAX_STEPS = 1_000_000
MAX_STRETCH = 20_000
MAX_SECONDS = 3.0
MAX_BYTES = 8 * 1024 * 1024
MAX_ROWS = 50_000
MAX_SLEEP_SECONDS = 60.0
_SLICE = 2_000
LONGEST_VALUE = 1024 * 1024


@dataclass
class Budget:
    """
    What one statement may cost: ``steps`` are parts of expressions that were evaluated.

    A query tells by ``is_due`` when it is time to let others run; what cannot wait is cut after ``MAX_STRETCH`` steps.
    """

    steps: int = 0
    stretch: int = 0
    used: int = 0
    sleep_seconds: float = 0.0
    started_at: float = field(default_factory=time.monotonic)

    _held: int = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing be due while the block runs: it stands inside an expression."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def spend(self, steps: int) -> None:
        """Pay for work; raises where it was too much."""
        self.steps += steps
        self.stretch += steps
        if self.steps > MAX_STEPS or self.stretch > MAX_STRETCH:
            raise SqlError(Kind.TIMEOUT)

    def is_due(self) -> bool:
        """Whether others should run now; begins to count anew if so."""
        if self.stretch < _SLICE or self._held:
            return False
        self.stretch = 0
        if time.monotonic() - self.started_at > MAX_SECONDS:
            raise SqlError(Kind.TIMEOUT)
        return True

    def keep(self, size: int) -> None:
        """Pay for bytes that are kept until the statement ends; raises where there are too many."""
        self.used += size
        if self.used > MAX_BYTES:
            raise SqlError(Kind.NO_MEMORY, size)

    def sleep(self, seconds: float) -> None:
        """Note how long the answer has to wait."""
        self.sleep_seconds = min(self.sleep_seconds + max(seconds, 0.0), MAX_SLEEP_SECONDS)


@dataclass
class Context:
    """
    One connection of an attacker.

    ``database`` is the one that was chosen, empty where none was; ``schemas`` are searched for tables without one (only where
    the dialect has schemas). ``variables`` are those of the user (``@name``). ``lure`` belongs to the lure.
    """

    world: World
    dialect: Dialect
    user: str
    lure: Any = None
    database: str = ""
    variables: dict[str, Value] = field(default_factory=dict)
    parameters: list[Value] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    now: Callable[[], float] = time.time
    statement_at: float = 0.0
    last_insert_id: int = 0
    found_rows: int = 0
    row_count: int = 0

    def begin(self) -> None:
        """Begin a statement: a new budget, one moment for all of it."""
        self.budget = Budget()
        self.statement_at = self.now()


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
