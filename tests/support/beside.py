# SPDX-License-Identifier: MIT
"""Programs that run beside a test, until its standard input ends: with the block, or with us, however we end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE, Popen
from typing import IO


@dataclass(frozen=True)
class Beside:
    """A program that reads lines and answers them, or says something when it is told to end."""

    _stdin: IO[str]
    _stdout: IO[str]

    def ask(self, line: str) -> str:
        """Say a line and return the one that is the answer."""
        self._stdin.write(f"{line}\n")
        self._stdin.flush()
        return self._stdout.readline()

    def end(self) -> str:
        """Tell it to end, and return all that it had still to say."""
        self._stdin.close()
        return self._stdout.read()


@contextmanager
def beside(command: Sequence[str], ready: str) -> Iterator[Beside]:
    """Run a program from the line on which it says that it is ready; what signals its process group does not reach us."""
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, process_group=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == f"{ready}\n"
        found = Beside(process.stdin, process.stdout)
        try:
            yield found
        finally:
            if not process.stdin.closed:
                found.end()
