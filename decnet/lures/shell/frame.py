# SPDX-License-Identifier: MIT
"""One shell: its state, its streams, whose rights it has."""

import asyncio
import contextlib
import posixpath
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from decnet.lures.shell.accounts import Account, Accounts
from decnet.lures.shell.budget import Budget, ExhaustedError
from decnet.lures.shell.redirection import Descriptors
from decnet.lures.shell.session import Program, Session
from decnet.lures.shell.state import State
from decnet.lures.shell.streams import BrokenOutputError, Sink, Source
from decnet.lures.shell.syntax import Command, Script

MAX_PAUSE = 300.0
VIRTUAL_SECONDS = 3600.0


class Frame(ABC):
    """What every part of a shell can reach. The class that knows programs says how they are called."""

    def __init__(self, session: Session, state: State, account: Account, descriptors: Descriptors) -> None:
        self.session = session
        self.state = state
        self.account = account
        self.filesystem = session.filesystem.bound(session.accounts.user(account), session.journal)
        self.descriptors = descriptors
        self.budget: Budget = session.budget
        self.pid = session.pid
        self.last_background = 0
        self.substitution_status = 0
        self.waits = True
        self.slept = 0.0
        self.random = random.Random()  # noqa: S311 - $RANDOM is no secret

    @property
    def accounts(self) -> Accounts:
        """The accounts of the machine, as this session sees them."""
        return self.session.accounts

    @property
    def stdout(self) -> Sink:
        """The standard output."""
        stream = self.descriptors.get(1)
        return stream if isinstance(stream, Sink) else Sink()

    @property
    def stderr(self) -> Sink:
        """The standard error."""
        stream = self.descriptors.get(2)
        return stream if isinstance(stream, Sink) else Sink()

    @property
    def stdin(self) -> Source:
        """The standard input."""
        stream = self.descriptors.get(0)
        return stream if isinstance(stream, Source) else Source()

    @property
    def is_interactive(self) -> bool:
        """Whether somebody types the commands."""
        return self.state.source == "interactive"

    def absolute(self, path: str) -> str:
        """Return ``path`` seen from the working folder."""
        return posixpath.join(self.state.cwd, path) if path else ""

    def special(self, name: str) -> str | None:
        """Return the value of a special parameter; ``None`` where it is unset or an ordinary variable."""
        state = self.state
        if name.isdigit():
            index = int(name[:6])
            return state.name if index == 0 else state.arguments[index - 1] if index <= len(state.arguments) else None
        makers: dict[str, Callable[[], object]] = {
            "?": lambda: state.status,
            "$": lambda: self.session.pid,
            "#": lambda: len(state.arguments),
            "!": lambda: self.last_background or None,
            "-": lambda: "himBHs" if self.is_interactive else "hBc",
            "RANDOM": lambda: self.random.randrange(32768),
            "SECONDS": lambda: int(self.session.machine.now() - self.session.began_at),
            "LINENO": lambda: state.line,
            "BASHPID": lambda: self.pid,
            "EPOCHSECONDS": lambda: int(self.session.machine.now()),
        }
        maker = makers.get(name)
        value = maker() if maker and name not in state.variables else None
        return None if value is None else str(value)

    def complain(self, message: str) -> None:
        """Write a message of the shell itself."""
        with contextlib.suppress(BrokenOutputError):
            self.stderr.write(f"{self.state.prefix}{message}\n".encode("utf-8", "surrogateescape"))

    @abstractmethod
    def fork(self, *, account: Account | None = None, budget: Budget | None = None) -> "Frame":
        """Return a subshell."""

    @abstractmethod
    async def execute(self, script: Script) -> int:
        """Run the items of a script."""

    @abstractmethod
    async def contained(self, command: Command) -> int:
        """Run a command in this subshell; whatever ends the subshell becomes its exit code."""

    @abstractmethod
    async def capture(self, script: Script) -> str:
        """Run a command substitution and return its output without the line ends at its end."""

    @abstractmethod
    async def process_substitution(self, script: Script, direction: str) -> str:
        """Run ``<(...)`` and return a file with its output; ``>(...)`` forgets what it gets."""

    @abstractmethod
    async def call(self, argv: list[str], descriptors: Descriptors | None = None) -> int:
        """Run a program, a function or a built-in."""

    @abstractmethod
    async def call_program(self, argv: list[str]) -> int:
        """Run a program that stands in a file."""

    @abstractmethod
    async def run_program(self, program: Program, argv: list[str], path: str = "") -> int:
        """Run a program of the registry."""

    @abstractmethod
    async def run_script(self, data: bytes, argv: list[str], dialect: str, flags: str = "") -> int:
        """Run the text of a script in a shell of its own."""

    @abstractmethod
    async def ended(self, running: Awaitable[int]) -> int:
        """Return the exit code of what runs in this shell, whatever ended it."""

    @abstractmethod
    def find(self, name: str) -> str | None:
        """Return the path of a program."""

    @abstractmethod
    def find_file(self, name: str) -> str:
        """Return the path of a script to source."""

    @abstractmethod
    def start(self, command: str) -> int:
        """Add a process that stays, and return its number."""

    async def pause(self, seconds: float) -> None:
        """Wait as long as the machine would; a command in the background only counts the time."""
        if not self.waits:
            self.slept += seconds
            if self.slept > VIRTUAL_SECONDS:
                raise ExhaustedError
            return
        self.session.flush()
        await asyncio.sleep(min(max(seconds, 0.0), MAX_PAUSE))
