# SPDX-License-Identifier: MIT
"""
A door for one more connection of a session, as FTP's passive mode opens one.

``async with await Door.open(session) as door`` or ``door.close()``; whatever happens, it closes when it let somebody in, when
its time is over, and when the session ends. Only the host that the session talks to is let in: somebody else who comes is
evidence, and is turned away.
"""

import asyncio
import socket
from types import TracebackType
from typing import Self

from decnet.domain.evidence import Endpoint, Violation
from decnet.lures.endpoint import endpoint_of
from decnet.lures.lure import Loan, Session
from decnet.lures.stream import CHUNK, Stream

DOOR_SECONDS = 60.0
MAX_STRANGERS = 16


class Passage(Stream):
    """The connection that came in at a door; what ``send`` took is with the kernel when it returns."""

    def close(self) -> None:
        """Close at once."""
        self.session.disown(self)
        super().close()


class Door:
    """A listening socket; ``endpoint`` is what to announce, ``strangers`` how many were turned away."""

    def __init__(self, session: Session, loan: Loan, seconds: float) -> None:
        local = session.origin.local.address  # where the client found the decoy, whatever the socket is bound to
        self.endpoint = Endpoint(address=local, port=endpoint_of(loan.listener.getsockname()).port)
        self.strangers = 0
        self._session = session
        self._loan = loan
        self._closing = asyncio.get_running_loop().call_later(seconds, self.close)
        self._woken = asyncio.Event()
        session.own(self, self.close)

    @classmethod
    async def open(cls, session: Session, seconds: float = DOOR_SECONDS) -> Self:
        """Return an open door; raises ``HostError`` where there is none to be had."""
        return cls(session, await session.borrow(seconds), seconds)

    @property
    def is_open(self) -> bool:
        """Whether somebody may still come in."""
        return self._loan.listener.fileno() >= 0

    async def accept(self, seconds: float) -> Passage | None:
        """
        Wait for the peer of the session and return his connection, whose bytes count on the session's account.

        Returns nothing when nobody came in time, and when a stranger came: the door stays open then, so that whoever is as
        patient as that may ask again.
        """
        try:
            async with asyncio.timeout(seconds):
                arrived = await self._next()
        except OSError:
            return None
        if arrived is None:
            return None
        connection, peer = arrived
        if peer.address != self._session.origin.peer.address:
            self._turn_away(connection, peer)
            return None
        self.close()
        return await self._let_in(connection)

    def close(self) -> None:
        """Let nobody in any more."""
        self._closing.cancel()
        self._session.disown(self)
        if self.is_open:
            asyncio.get_running_loop().remove_reader(self._loan.listener)
        self._loan.give_back()
        self._woken.set()

    async def __aenter__(self) -> Self:
        """Return the open door."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    async def _next(self) -> tuple[socket.socket, Endpoint] | None:
        """Return who comes next, or nothing where the door closes; raises ``OSError`` where the agent shut it."""
        loop = asyncio.get_running_loop()
        while self.is_open:
            try:
                connection, peer = self._loan.listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                self._woken.clear()
                loop.add_reader(self._loan.listener, self._woken.set)
                await self._wait()
                continue
            connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            return connection, endpoint_of(peer)
        return None

    async def _wait(self) -> None:
        """Wait until somebody comes or the door closes."""
        try:
            await self._woken.wait()
        finally:
            if self.is_open:
                asyncio.get_running_loop().remove_reader(self._loan.listener)

    def _turn_away(self, connection: socket.socket, peer: Endpoint) -> None:
        """Record somebody who has no business here, and hang up."""
        connection.close()
        self.strangers += 1
        shown = f"[{peer.address}]:{peer.port}" if ":" in peer.address else f"{peer.address}:{peer.port}"
        self._session.record(Violation(reason="data connection from another address", data=shown))
        if self.strangers >= MAX_STRANGERS:
            self.close()

    async def _let_in(self, connection: socket.socket) -> Passage | None:
        """Return the stream of a connection; nothing where the client has left already."""
        try:
            reader, writer = await asyncio.open_connection(sock=connection, limit=CHUNK)
        except OSError:
            connection.close()
            return None
        writer.transport.set_write_buffer_limits(high=0)
        passage = Passage(self._session, reader, writer)
        self._session.own(passage, writer.transport.abort)
        return passage
