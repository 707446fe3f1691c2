# SPDX-License-Identifier: MIT
"""A login shell at a terminal: lines are read and run one after the other, and ^C ends what runs."""

import asyncio
from collections.abc import Awaitable, Callable

from decnet.lures.shell.shell import Shell
from decnet.lures.terminal.pseudo_terminal import InterruptedLineError, PseudoTerminal

INTERRUPTED = 130
_DUMB = ("", "dumb", "network")
"""Terminals that readline asks for nothing special; the last one is telnetd's name for one that it knows nothing of."""


class Foreground:
    """The command that has the terminal."""

    def __init__(self) -> None:
        self._running: asyncio.Task[int] | None = None

    async def run(self, running: "asyncio._CoroutineLike[int]") -> int:
        """Run a command so that ``interrupt`` ends it; return its exit code."""
        async with asyncio.TaskGroup() as tasks:
            self._running = tasks.create_task(running)
            try:
                return await self._running
            except asyncio.CancelledError:
                if asyncio.current_task().cancelling():  # type: ignore[union-attr]  # this is a task
                    raise
                return INTERRUPTED
            finally:
                self._running = None

    def interrupt(self) -> None:
        """End the command that runs."""
        if self._running:
            self._running.cancel()


async def converse(
    shell: Shell, terminal: PseudoTerminal, foreground: Foreground, room: Callable[[], Awaitable[object]]
) -> int:
    """
    Let the client work in a login shell until it leaves; return the exit code.

    ``room`` is awaited before the next line is read: it returns when the client has taken what it was shown.
    """
    status = 0
    terminal.history, terminal.complete = shell.history, shell.complete
    terminal.brackets_paste = shell.brackets_paste and terminal.name not in _DUMB
    terminal.write(shell.greeting())
    while not shell.finished:
        try:
            line = await terminal.edit_line(shell.prompt)
        except InterruptedLineError:
            status = INTERRUPTED
            continue
        if line is None:
            terminal.write(b"logout\n")
            return status
        if line.strip():
            status = await foreground.run(shell.run_line(line))
        await room()
    return shell.exit_code
