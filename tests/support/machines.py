# SPDX-License-Identifier: MIT
"""Booted machines for tests: made when asked for, looked at once they have booted, removed when the block ends."""

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from decnet.errors import DecnetError, NotFoundError
from scripts.lib.lab.lab import SUITE, Lab
from scripts.lib.lab.machine import Machine

JOURNAL_LINES = 80
CONSOLE_CHARACTERS = 4000

_numbers = itertools.count(1)


class Machines:
    """Boots machines; call it as often as machines are needed, from several threads if they may boot at the same time."""

    def __init__(self, lab: Lab, made: ExitStack) -> None:
        self.lab = lab
        self.booted: list[Machine] = []
        self._made = made

    def __call__(
        self,
        *,
        suite: str = SUITE,
        docker: bool = False,
        hostname: str = "",
        binds: Mapping[Path, str] | None = None,
        on: Machine | None = None,
    ) -> Machine:
        """
        Return a machine that has booted and in which no unit failed.

        ``binds`` are folders of this host and where they are seen inside, read-only. ``on`` is a machine that became a layer:
        the new one begins with its disk, within the two seconds of a boot.
        """
        name = f"test-{os.getpid()}-{next(_numbers)}"
        machine = self.lab.boot(name, hostname=hostname or suite, suite=suite, docker=docker, binds=binds, on=on)
        self._made.callback(self._stop, name)
        self.booted.append(machine)
        assert machine.failed_units() == []
        return machine

    def _stop(self, name: str) -> None:
        """Remove a machine, if the test has not done so itself."""
        with suppress(NotFoundError):
            self.lab.stop(name)


def last_words(machine: Machine) -> str:
    """Return what a machine can tell about a test that failed."""
    try:
        journal = machine.run(["journalctl", "--boot", "--no-pager", f"--lines={JOURNAL_LINES}"], check=False).stdout
        return f"{machine.name}: failed units: {machine.failed_units()}\n{journal}"
    except DecnetError as error:
        return f"{machine.name}: {error.message}\n{machine.console[-CONSOLE_CHARACTERS:]}"


@contextmanager
def machines(lab: Lab) -> Iterator[Machines]:
    """Give machines that are removed at the end of the block, the last one first: for fixtures of any scope."""
    with ExitStack() as made:
        yield Machines(lab, made)
