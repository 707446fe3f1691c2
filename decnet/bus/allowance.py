# SPDX-License-Identifier: MIT
"""How much of a publisher's time may go to readers who fall behind."""

from collections.abc import Callable
from typing import Final

SHARE: Final = 0.05
"""The part of the time that may be spent in the long run."""
AT_ONCE_SECONDS: Final = 0.25
"""What may be spent on one burst: after five seconds with nothing spent, all of it is there again."""


class Allowance:
    """
    Seconds that may be spent: at most ``AT_ONCE_SECONDS`` and ``SHARE`` of the time that passes.

    In any ``t`` seconds at most ``AT_ONCE_SECONDS + SHARE * t`` and what the last one took too long are spent, whatever the
    readers do.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.spent = 0.0
        self._clock = clock
        self._left = AT_ONCE_SECONDS
        self._counted_at = clock()

    def is_left(self) -> bool:
        """Tell whether there is something to spend now."""
        now = self._clock()
        self._left = min(self._left + (now - self._counted_at) * SHARE, AT_ONCE_SECONDS)
        self._counted_at = now
        return self._left > 0

    def spend(self, seconds: float) -> None:
        """Count what was spent; more than was left is a debt."""
        self.spent += seconds
        self._left -= seconds
