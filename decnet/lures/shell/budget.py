# SPDX-License-Identifier: MIT
"""
What one line may cost: steps, processes at the same time, output.

A script that never ends is slowed first and then killed, as a machine short of memory would do it; other sessions do not
notice, for the event loop gets its turn every few steps.
"""

import asyncio
import time

STEPS = 30_000
FREE_STEPS = 4_000
TURN = 64
PAUSE_SECONDS = 0.004
PROCESSES = 64
DEPTH = 48
OUTPUT_BYTES = 4 * 1024 * 1024
BUSY_SECONDS = 5.0
KILLED = 137
SEGFAULT = 139


class ExhaustedError(Exception):
    """The line is over its budget; ``message`` is what the machine says, ``code`` the exit code."""

    def __init__(self, message: str = "Killed", code: int = KILLED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Budget:
    """The account of one line; the tasks of its pipelines share it."""

    def __init__(self, *, steps: int = STEPS) -> None:
        self.left = steps
        self.limit = steps
        self.processes = 0
        self.output = 0
        self.ended: ExhaustedError | None = None
        self._turn_began = time.monotonic()
        self._busy = 0.0

    async def step(self, count: int = 1) -> None:
        """Count steps; give way to the other sessions now and then; raise ``ExhaustedError`` beyond the bound."""
        before = self.left
        self.left -= count
        self.check()
        if self.left // TURN != before // TURN:
            self._busy += time.monotonic() - self._turn_began
            if self.left <= 0 or self._busy > BUSY_SECONDS:
                self.ended = ExhaustedError()
                self.check()
            await asyncio.sleep(PAUSE_SECONDS if self.limit - self.left > FREE_STEPS else 0)
            self._turn_began = time.monotonic()

    def check(self) -> None:
        """Raise what ended the line."""
        if self.ended is not None:
            raise self.ended

    def written(self, size: int) -> None:
        """Count bytes of output; end the line beyond the bound."""
        self.output += size
        if self.output > OUTPUT_BYTES:
            self.ended = self.ended or ExhaustedError()
            raise self.ended
