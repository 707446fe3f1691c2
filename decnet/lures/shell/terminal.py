# SPDX-License-Identifier: MIT
"""The two sides that a shell talks to: the lure that watches, and the client's terminal."""

from typing import Protocol


class Observer(Protocol):
    """What a lure wants to know; each call is made before the client sees the outcome, where that is possible."""

    def command(self, line: str, exit_code: int | None) -> None:
        """Take one line as it was sent (text form of ``decnet.domain.captured``); no code where it is still running."""

    def download(self, url: str, tool: str) -> None:
        """Take a URL that a program was told to fetch."""

    def secret(self, mechanism: str, username: str, secret: bytes) -> None:
        """Take a secret that was typed or piped into a program that asks for one."""

    def file(self, path: str, data: bytes) -> None:
        """Take the content of a file that a command made or changed."""


class Terminal(Protocol):
    """The client's terminal: its size in characters, and ``name`` as in TERM."""

    @property
    def columns(self) -> int:
        """Characters in a line."""

    @property
    def rows(self) -> int:
        """Lines on the screen."""

    @property
    def name(self) -> str:
        """The value of TERM."""

    async def read_line(self, prompt: str, *, echo: bool = True) -> bytes | None:
        """Return the next line without its end; ``None`` at the end of input."""

    def write(self, data: bytes) -> None:
        """Show bytes, lines ended with LF."""
