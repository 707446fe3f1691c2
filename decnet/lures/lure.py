# SPDX-License-Identifier: MIT
"""
What a lure is, and what it may do with the client that came.

A lure is one protocol on one decoy. It gets each accepted connection as a ``Session``: the socket, the bounds, and the pen
that writes evidence. It opens no socket, reads no file outside the package, knows neither spool nor store.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from decnet.domain.evidence import Blob, Body, Origin
from decnet.domain.persona import Decoy
from decnet.errors import HostError


@dataclass(frozen=True, kw_only=True)
class LureType:
    """
    A row of the list of lures.

    ``port`` is the standard TCP port, ``options`` a frozen dataclass whose fields (annotated with a description) are the
    keys that a fleet file may set, ``implementation`` is "module:Class", imported when the first decoy needs it. ``attack``
    is a command with which a person tries it; ``{address}``, ``{host}`` (as it stands in a URL) and ``{port}`` are filled in.
    ``accounts`` is "module:function" of (decoy, options), which returns the planted passwords by user name.
    """

    name: str
    summary: str
    port: int
    options: str
    implementation: str
    attack: str = ""
    accounts: str = ""


class CapturedFile(Protocol):
    """A file that an attacker sends, kept while it arrives; beyond the bounds it is only counted."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""

    def finish(self) -> Blob:
        """Close the file and return what is known of it; durable against a killed process when this returns."""

    def discard(self) -> None:
        """Forget the file."""


class Pen(Protocol):
    """Writes evidence. Both methods return only when the kernel has the bytes, so that the lure may answer."""

    def record(self, origin: Origin, body: Body, secret: bytes | None = None) -> None:
        """Write one record; all of it is sealed before it touches a file. What cannot be written is counted, never raised."""

    def capture(self) -> CapturedFile:
        """Begin to keep a file."""


class Loan(Protocol):
    """A listening socket on the decoy's own address, for one connection; nobody else opens sockets for a lure."""

    @property
    def listener(self) -> socket.socket:
        """The socket; it does not block."""

    def give_back(self) -> None:
        """Close it; once is enough, more does no harm."""


Lend = Callable[[float], Awaitable[Loan]]
"""Lends a socket for so many seconds; raises ``HostError`` where there is none."""


class Session:
    """One attacker's conversation with one lure; made by the decoys service, which records its opening and its end."""

    def __init__(
        self,
        *,
        connection: socket.socket,
        origin: Origin,
        pen: Pen,
        idle_seconds: float,
        byte_limit: int,
        lend: Lend | None = None,
    ) -> None:
        self.connection = connection
        self.origin = origin
        self.idle_seconds = idle_seconds
        self.byte_limit = byte_limit
        self.received = 0
        self.sent = 0
        self.reason = "client"
        self._pen = pen
        self._lend = lend
        self._belongings: dict[int, Callable[[], None]] = {}
        self._writer: asyncio.StreamWriter | None = None

    def record(self, body: Body, secret: bytes | None = None) -> None:
        """Write a record of this session; durable against a killed process when this returns."""
        self._pen.record(self.origin, body, secret)

    def capture(self) -> CapturedFile:
        """Begin to keep a file that the attacker sends."""
        return self._pen.capture()

    def end(self, reason: str) -> None:
        """Say why the session ends; the first reason stands."""
        if self.reason == "client":
            self.reason = reason

    def count(self, received: int = 0, sent: int = 0) -> bool:
        """Add bytes to the session's account; false once it is over its bound, and then the lure has to hang up."""
        self.received += received
        self.sent += sent
        if self.received <= self.byte_limit:
            return True
        self.end("bytes")
        return False

    async def open_stream(self, limit: int = 65536) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return the connection as a pair of streams, for lures that are no transport of their own."""
        reader, self._writer = await asyncio.open_connection(sock=self.connection, limit=limit)
        return reader, self._writer

    async def borrow(self, seconds: float) -> Loan:
        """Return one more listening socket of the decoy; raises ``HostError`` where there is none. See ``Door``."""
        if self._lend is None:
            raise HostError("nobody lends sockets to this session")
        return await self._lend(seconds)

    def own(self, thing: object, close: Callable[[], None]) -> None:
        """Have ``thing`` closed at the end of the session, if it is not disowned before."""
        self._belongings[id(thing)] = close

    def disown(self, thing: object) -> None:
        """Forget something that was closed."""
        self._belongings.pop(id(thing), None)

    def close_belongings(self) -> None:
        """Close whatever the session still has beside its connection."""
        while self._belongings:
            self._belongings.popitem()[1]()

    async def flush(self) -> None:
        """Send what a stream still holds, and close it, cut when cancelled; raises ``OSError`` where the client is gone."""
        if self._writer is not None:
            self._writer.close()
            try:
                await self._writer.wait_closed()
            finally:
                self.cut()

    def cut(self) -> None:
        """End the stream at once, whatever it still holds; once it is closed, asyncio's would fail (CPython 3.11)."""
        if self._writer is not None and self.connection.fileno() >= 0:
            self._writer.transport.abort()


class Lure(Protocol):
    """One protocol on one decoy; it is built once and serves many sessions at the same time."""

    name: ClassVar[str]

    def __init__(self, decoy: Decoy, options: Any) -> None: ...

    async def serve(self, session: Session) -> None:
        """
        Talk to the client until it leaves, a bound is reached or the task is cancelled.

        Must not block the event loop for more than a few milliseconds, must end a client that is silent for
        ``session.idle_seconds``, and must record what the client did before it answers.
        """
