# SPDX-License-Identifier: MIT
"""What one statement may cost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from decnet.lures.sql.problem import Kind, SqlError

MAX_STEPS = 1_500_000
MAX_STRETCH = 40_000
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

    A query tells by ``is_due`` when it is time to let others run; what cannot wait is cut after ``longest_stretch`` steps.
    """

    steps: int = 0
    stretch: int = 0
    used: int = 0
    sleep_seconds: float = 0.0
    longest_stretch: int = MAX_STRETCH
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
        if self.steps > MAX_STEPS or self.stretch > self.longest_stretch:
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
        """Note how long the answer has to wait; what is no number is no time, as a timer of NaN would hold up all others."""
        self.sleep_seconds = min(self.sleep_seconds + max(0.0, seconds), MAX_SLEEP_SECONDS)
