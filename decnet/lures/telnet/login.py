# SPDX-License-Identifier: MIT
"""
login(1) of the shadow suite with PAM, as Debian configures it; measured against login 4.13 behind netkit's telnetd 0.17.

Names and passwords are bytes: attackers send any.
"""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress

from decnet.domain.captured import text
from decnet.domain.evidence import Credential
from decnet.lures.lure import Session
from decnet.lures.telnet.options import TelnetOptions
from decnet.lures.terminal.pseudo_terminal import PseudoTerminal

_PASSWORD_SECONDS = 0.06
_JITTER = 0.25


class Login:
    """The tries of one connection; ``accounts`` maps user names to passwords, ``host`` is the name in the prompt."""

    def __init__(
        self, terminal: PseudoTerminal, session: Session, host: str, *, accounts: Mapping[str, str], options: TelnetOptions
    ) -> None:
        self._terminal = terminal
        self._session = session
        self._host = host
        self._passwords = {user.encode(): password.encode() for user, password in accounts.items()}
        self._options = options
        self._untold: bytes | None = None

    async def run(self, user: bytes | None = None) -> bytes | None:
        """Return who logged in, or nobody; ``user`` is one who was named already."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.login_seconds):
                    return await self._ask(user)
            self._session.end("time")
            self._terminal.write(f"\nLogin timed out after {self._options.login_seconds:.0f} seconds.\n".encode())
            return None
        finally:
            self._tell_name()

    async def _ask(self, user: bytes | None) -> bytes | None:
        """Ask until a password is right, or as often as login does."""
        for _ in range(self._options.attempts):
            name = await self._name() if user is None else user
            if name is not None and await self._is_right(name):
                return name
            if self._terminal.is_ended:
                return None
            await asyncio.sleep(_vary(self._options.failure_seconds))
            self._terminal.write(b"\nLogin incorrect\n")
            user = None
        self._session.end("lure")
        self._terminal.write(f"Maximum number of tries exceeded ({self._options.attempts})\n".encode())
        return None

    async def _name(self) -> bytes | None:
        """Ask for a name; none at the end of input, which PAM takes for a failure."""
        name = await self._terminal.read_line(f"{self._host} login: ")
        if name is None:
            self._terminal.write(b"\n")
        return name

    async def _is_right(self, name: bytes) -> bool:
        """Ask for a password, record it, compare it."""
        self._untold = name
        password = await self._terminal.read_line("Password: ", echo=False)
        if password is None:
            if self._terminal.is_ended:
                return False
            self._terminal.write(b"\n")
        accepted = self._passwords.get(name) == (password or b"")
        self._untold = None
        body = Credential(mechanism="password", username=text(name), accepted=accepted)
        self._session.record(body, password or b"")
        if accepted:
            await asyncio.sleep(_vary(_PASSWORD_SECONDS))
        return accepted

    def _tell_name(self) -> None:
        """Record the name of a client that left before its password."""
        if self._untold is not None:
            self._session.record(Credential(mechanism="none", username=text(self._untold), accepted=False))
            self._untold = None


def _vary(seconds: float) -> float:
    """Return ``seconds``, a quarter more or less, as pam_fail_delay varies them."""
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - a delay is no secret
