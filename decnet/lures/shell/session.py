# SPDX-License-Identifier: MIT
"""What the shell of one login and all its subshells share."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from decnet.domain.captured import text as captured
from decnet.domain.credentials import written_secrets
from decnet.lures.shell.accounts import Accounts
from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.budget import Budget
from decnet.lures.shell.filesystem import Filesystem, Journal
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.process import Process
from decnet.lures.shell.terminal import Observer, Terminal

MAX_SECRETS = 256
MAX_FILE = 8 * 1024 * 1024
MAX_COMMAND = 64 * 1024
_ASKS = re.compile(r"passwd|sudo|\bsu\b|mysql|psql|sshpass|curl|wget|openssl|usermod|useradd")
_SHORT_SECRET = 3
Program = Callable[[Any], Awaitable[int]]


@dataclass
class Job:
    """A command in the background; it is over at ``ends_at`` (monotonic seconds)."""

    number: int
    pid: int
    source: str
    ends_at: float
    is_announced: bool = False


@dataclass
class Session:
    """One login: who watches, where it came from, what it started."""

    machine: Machine
    filesystem: Filesystem
    observer: Observer
    terminal: Terminal | None
    arrival: Arrival
    budget: Budget = field(default_factory=Budget)
    processes: list[Process] = field(default_factory=list)
    killed: set[int] = field(default_factory=set)
    jobs: list[Job] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)
    used_secrets: list[bytes] = field(default_factory=list)
    sudoers: set[str] = field(default_factory=set)
    enter: Callable[[Any], None] = lambda _: None
    began_at: float = field(init=False)
    flush: Callable[[], None] = lambda: None
    builtins: Mapping[str, Program] = field(default_factory=dict)
    programs: Mapping[str, Program] = field(default_factory=dict)
    pid: int = 0
    tty: str = "?"

    def __post_init__(self) -> None:
        """Begin now; look up accounts as root."""
        self.began_at = self.machine.now()
        self.accounts = Accounts(self.filesystem)
        self.journal = Journal(self._removed)

    @property
    def peer_address(self) -> str:
        """The address of the client."""
        return self.arrival.address

    @property
    def peer_port(self) -> int:
        """The port that the client claims; the shell is not told the real one."""
        return 49152 + int.from_bytes(self.machine.decoy.persona.derive(f"port {self.peer_address} {self.pid}", 2)) % 16000

    def all_processes(self) -> list[Process]:
        """Return the processes of the machine and of this login."""
        return [process for process in self.machine.processes if process.pid not in self.killed] + self.processes

    def secret(self, mechanism: str, username: str, secret: bytes) -> None:
        """Tell the observer a secret, and keep it out of what is told later."""
        self.used_secrets.append(secret)
        if secret and secret not in self.secrets and len(self.secrets) < MAX_SECRETS:
            self.secrets.append(secret)
            self.secrets.sort(key=len, reverse=True)
        self.observer.secret(mechanism, username, secret)

    def tell_written(self, line: bytes) -> None:
        """Tell the secrets that stand in a line and that no program has taken."""
        for found in written_secrets(line):
            if found.secret not in self.secrets:
                self.secret(found.program, found.username, found.secret)

    def download(self, url: str, tool: str) -> None:
        """Tell the observer a URL, the password in it told apart."""
        address = url.encode("utf-8", "surrogateescape")
        self.tell_written(address)
        self.observer.download(captured(self.redacted(address, []))[:MAX_COMMAND], tool)

    def asks(self, line: bytes) -> bool:
        """Return whether a secret may be part of this line, so that it cannot be told before it has run."""
        return _ASKS.search(line.decode("latin-1")) is not None

    def redacted(self, line: bytes, found: list[bytes]) -> bytes:
        """
        Return ``line`` with every known secret replaced.

        A secret of ``found`` was used by this line: where it cannot be seen literally (it was quoted, or made of
        pieces), all that stands before the program that took it goes.
        """
        shown = line
        for secret in self.secrets:
            if len(secret) > _SHORT_SECRET or secret in found:
                shown = shown.replace(secret, b"[secret]")
        if found and not any(secret in line for secret in found):
            taken_by = list(re.finditer(rb"\b(?:chpasswd|passwd|sudo|su|mysql|curl|wget)\b", shown))
            shown = b"[secret] | " + shown[taken_by[-1].start() :] if taken_by else b"[secret]"
        return shown

    def tell_files(self) -> None:
        """Tell the observer the files that changed since it was last told."""
        paths = list(self.journal.changed)
        self.journal.changed.clear()
        for path in paths:
            try:
                node = self.filesystem.node(path)
            except OSError:
                continue
            if node.is_file:
                self._removed(path, node.data)

    def _removed(self, path: str, data: bytes) -> None:
        """Tell the observer a file that is about to go."""
        self.observer.file(captured(path.encode("utf-8", "surrogateescape")), data[:MAX_FILE])
