# SPDX-License-Identifier: MIT
"""A process as ps and /proc show it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """``command`` is the line of arguments (in brackets: the kernel's), ``started_at`` in seconds since the epoch."""

    pid: int
    parent: int
    user: str
    uid: int
    command: str
    started_at: float
    tty: str = "?"
    state: str = "S"
    resident_kib: int = 0
    virtual_kib: int = 0
    seconds: int = 0
    executable: str = ""

    @property
    def name(self) -> str:
        """The short name, at most fifteen characters."""
        first = self.command.split(" ", 1)[0].rstrip(":")
        if first.startswith("["):
            return self.command[1:].rstrip("]").split("]")[0][:15]
        return first.rsplit("/", 1)[-1].lstrip("-")[:15]

    @property
    def is_kernel(self) -> bool:
        """Whether it is one of the kernel's."""
        return self.command.startswith("[")
