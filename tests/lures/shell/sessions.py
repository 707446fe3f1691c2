# SPDX-License-Identifier: MIT
"""A shell without a lure: an observer and a terminal in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.shell import Shell
from tests.support.decoys import decoy


@dataclass
class Watching:
    """Keeps what it is told."""

    commands: list[tuple[str, int | None]] = field(default_factory=list)
    downloads: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)

    def command(self, line: str, exit_code: int | None) -> None:
        self.commands.append((line, exit_code))

    def download(self, url: str, tool: str) -> None:
        self.downloads.append((url, tool))

    def secret(self, mechanism: str, username: str, secret: bytes) -> None:  # noqa: ARG002 - the protocol's shape
        self.secrets.append(secret)

    def file(self, path: str, data: bytes) -> None:
        self.files.append((path, data))


@dataclass
class Screen:
    """A terminal whose keyboard is a list."""

    typed: list[bytes] = field(default_factory=list)
    shown: bytearray = field(default_factory=bytearray)
    columns: int = 80
    rows: int = 24
    name: str = "xterm"

    async def read_line(self, prompt: str, *, echo: bool = True) -> bytes | None:  # noqa: ARG002 - the protocol's shape
        self.shown += prompt.encode()
        return self.typed.pop(0) if self.typed else None

    def write(self, data: bytes) -> None:
        self.shown += data


NOW = 1_795_406_700.25
"""23 November 2026, 04:05:00 UTC: it does not move."""

MACHINE = Machine(decoy(), now=lambda: NOW)


def login(username: str = "root") -> tuple[Shell, Watching, Screen]:
    """Return a shell with a terminal."""
    watching, screen = Watching(), Screen()
    return Shell(MACHINE, MACHINE.new_filesystem(), username, watching, screen, arrival=Arrival("192.0.2.7")), watching, screen


async def execute(command: bytes, stdin: bytes = b"", machine: Machine = MACHINE) -> tuple[int, bytes, bytes]:
    """Run one command without a terminal; return code, output, errors."""
    shell = Shell(machine, machine.new_filesystem(), "root", Watching(), None, arrival=Arrival("192.0.2.7"))
    out, errors = bytearray(), bytearray()

    async def chunks() -> AsyncIterator[bytes]:
        yield stdin

    code = await shell.run_command(command, chunks(), out.extend, errors.extend)
    return code, bytes(out), bytes(errors)


async def said(line: str, machine: Machine = MACHINE) -> tuple[int, str]:
    """Return the exit code of a line in an empty folder, and its output with the errors behind it."""
    code, out, errors = await execute(b"mkdir /tmp/w; cd /tmp/w; " + line.encode(), machine=machine)
    return code, (out + errors).decode()
