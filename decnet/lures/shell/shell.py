# SPDX-License-Identifier: MIT
"""The login shell of one session."""

from collections.abc import AsyncIterator, Callable, Mapping

from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.terminal import Observer, Terminal

__all__ = ["Observer", "Shell", "Terminal"]


class Shell:
    """A login shell."""

    def __init__(
        self,
        machine: Machine,
        filesystem: Filesystem,
        username: str,
        observer: Observer,
        terminal: Terminal | None,
        *,
        peer_address: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.machine, self.filesystem, self.username = machine, filesystem, username
        self.observer, self.terminal, self.peer_address = observer, terminal, peer_address
        self.environment = dict(environment or {})
        self.history: list[str] = []
        self.finished = False
        self.exit_code = 0

    @property
    def prompt(self) -> str:
        """The prompt."""
        return f"{self.username}@{self.machine.decoy.persona.hostname}:~# "

    def greeting(self) -> bytes:
        """Return what is shown after a login."""
        return b""

    async def run_line(self, line: bytes) -> int:
        """Run one interactive line."""
        self.observer.command(line.decode("utf-8", "replace"), 127)
        return 127

    async def run_command(
        self,
        command: bytes,
        stdin: AsyncIterator[bytes],  # noqa: ARG002 - the walking skeleton
        stdout: Callable[[bytes], None],  # noqa: ARG002 - the walking skeleton
        stderr: Callable[[bytes], None],  # noqa: ARG002 - the walking skeleton
    ) -> int:
        """Run the command of an exec request."""
        return await self.run_line(command)

    def complete(self, text: bytes) -> list[bytes]:  # noqa: ARG002 - the walking skeleton
        """Return what ``text`` may be completed to."""
        return []
