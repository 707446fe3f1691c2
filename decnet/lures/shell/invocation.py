# SPDX-License-Identifier: MIT
"""One call of a command: its arguments and streams."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from decnet.lures.shell.budget import TURN
from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.interpreter import Interpreter
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.options import Options, UsageError, parse
from decnet.lures.shell.streams import MAX_INPUT, Sink, Source

Item = TypeVar("Item")


@dataclass
class Invocation:
    """What a command gets; it returns its exit code."""

    argv: list[str]
    stdin: Source
    stdout: Sink
    stderr: Sink
    shell: Interpreter
    environment: dict[str, str]
    pid: int = 0
    path: str = ""

    @property
    def name(self) -> str:
        """The name that the command was called by."""
        return self.argv[0]

    @property
    def arguments(self) -> list[str]:
        """What stands behind the name."""
        return self.argv[1:]

    @property
    def machine(self) -> Machine:
        """The machine that it runs on."""
        return self.shell.session.machine

    @property
    def filesystem(self) -> Filesystem:
        """The files as the user may see them."""
        return self.shell.filesystem

    def out(self, text: str) -> None:
        """Write text to the standard output."""
        self.stdout.write(text.encode("utf-8", "surrogateescape"))

    def line(self, text: str = "") -> None:
        """Write a line to the standard output."""
        self.out(text + "\n")

    def error(self, text: str) -> None:
        """Write a line to the standard error."""
        self.stderr.write(text.encode("utf-8", "surrogateescape") + b"\n")

    def fail(self, text: str, code: int = 1) -> int:
        """Write an error with the command's name before it, and return the exit code."""
        self.error(f"{self.name}: {text}")
        return code

    def absolute(self, path: str) -> str:
        """Return ``path`` seen from the working folder."""
        return self.shell.absolute(path)

    def read(self, path: str) -> bytes:
        """Return the content of a file, bounded."""
        return self.filesystem.read(self.absolute(path))[:MAX_INPUT]

    def options(self, short: str, long: Mapping[str, str] | None = None, *, in_order: bool = False) -> Options:
        """Return the options; raise ``UsageError``."""
        return parse(self.arguments, short, long, in_order=in_order)

    async def turns(self, items: Iterable[Item], size: int = 800) -> AsyncIterator[Item]:
        """Yield the items; let the other sessions have their turn after every ``size``."""
        for at, item in enumerate(items, 1):
            yield item
            if at % size == 0:
                await self.shell.budget.step(TURN)

    async def inputs(self, operands: list[str]) -> tuple[list[tuple[str, bytes]], int]:
        """Return the content of the files named, or of the standard input; and 1 where one could not be read."""
        if not operands:
            return [("-", await self.stdin.all())], 0
        contents: list[tuple[str, bytes]] = []
        code = 0
        for operand in operands[:2000]:
            if operand == "-":
                contents.append(("-", await self.stdin.all()))
                continue
            try:
                contents.append((operand, self.read(operand)))
            except OSError as error:
                code = self.fail(f"{operand}: {reason(error)}")
        return contents, code

    async def lines(self, operands: list[str]) -> tuple[list[str], int]:
        """Return the lines of the inputs, without their ends."""
        contents, code = await self.inputs(operands)
        return [line for _, data in contents for line in split_lines(data)], code


Command = Callable[[Invocation], Awaitable[int]]


def curly(text: object) -> str:
    """Return ``text`` between the quotation marks of the GNU tools."""
    return f"‘{text}’"  # noqa: RUF001 - those are the marks


def reason(error: OSError) -> str:
    """Return what the kernel says."""
    return os.strerror(error.errno or 0)


def split_lines(data: bytes) -> list[str]:
    """Return the lines of ``data`` as the shell's text."""
    if not data:
        return []
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return lines[:-1] if not lines[-1] else lines


__all__ = ["Command", "Invocation", "Options", "UsageError", "curly", "reason", "split_lines"]
