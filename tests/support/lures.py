# SPDX-License-Identifier: MIT
"""
A lure on a real loopback socket, and a pen that keeps what it wrote in memory.

The pen stands at the border of the process: the tests of the decoys service drive the same lures with the real spool.
"""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from decnet.domain.evidence import Blob, Body, Endpoint, Origin, new_id
from decnet.errors import HostError
from decnet.lures.lure import Lend, Lure, Session
from decnet.spool.segment import sha256_in


class MemoryFile:
    """A captured file in memory."""

    def __init__(self, blobs: dict[str, bytes], limit: int) -> None:
        self._blobs = blobs
        self._limit = limit
        self._kept = bytearray()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._size += len(data)
        self._kept += data[: self._limit - len(self._kept)]

    def finish(self) -> Blob:
        digest = hashlib.sha256(self._kept).hexdigest()
        self._blobs[digest] = bytes(self._kept)
        return Blob(sha256=digest, size=self._size, truncated=self._size > len(self._kept))

    def discard(self) -> None:
        self._kept.clear()


@dataclass
class MemoryPen:
    """Keeps records as (origin, body, secret) and blobs by their sha256."""

    records: list[tuple[Origin, Body, bytes | None]] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    blob_limit: int = 64 * 1024 * 1024
    ended: list[Session] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def record(self, origin: Origin, body: Body, secret: bytes | None = None) -> None:
        self.records.append((origin, body, secret))

    def capture(self) -> MemoryFile:
        return MemoryFile(self.blobs, self.blob_limit)

    def bodies(self, kind: str) -> list[Any]:
        """Return the bodies of one kind, in the order in which they were written."""
        return [body for _, body, _ in self.records if body.kind == kind]

    def secrets(self) -> list[bytes]:
        """Return every secret, in order."""
        return [secret for _, _, secret in self.records if secret is not None]


@dataclass(frozen=True)
class MemoryLoan:
    """A socket on demand that no agent lent."""

    listener: socket.socket

    def give_back(self) -> None:
        self.listener.close()


def lending(host: str, may: Callable[[], bool] = lambda: True) -> Lend:
    """Return what lends sockets of an address, as the agent does, or denies them."""

    async def lend(_: float) -> MemoryLoan:
        if not may():
            raise HostError("there are none")
        listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        return MemoryLoan(listener)

    return lend


@dataclass
class Served:
    """A lure that listens: where, and what it wrote."""

    host: str
    port: int
    pen: MemoryPen
    sessions_ended: asyncio.Semaphore
    sessions: list[Session] = field(default_factory=list)
    lends: bool = True

    async def session_ended(self) -> None:
        """Wait until one more session has ended; its records are complete then."""
        async with asyncio.timeout(20):
            await self.sessions_ended.acquire()
        if self.pen.failures:
            raise self.pen.failures[0]


async def _converse(lure: Lure, session: Session, served: Served) -> None:
    """Let the lure talk, keep what it raises."""
    try:
        await lure.serve(session)
    except Exception as error:  # noqa: BLE001 - kept for the test, which fails with it
        served.pen.failures.append(error)
    finally:
        session.close_belongings()
        session.connection.close()
        served.pen.ended.append(session)
        served.sessions_ended.release()


async def _accept(lure: Lure, listener: socket.socket, served: Served, idle_seconds: float, byte_limit: int) -> None:
    """Accept for ever, a task for each client."""
    async with asyncio.TaskGroup() as tasks:
        while True:
            connection, peer = await asyncio.get_running_loop().sock_accept(listener)
            connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            origin = Origin(
                decoy="files01",
                lure=lure.name,
                session=new_id(),
                peer=Endpoint(address=peer[0], port=peer[1]),
                local=Endpoint(address=served.host, port=served.port),
            )
            session = Session(
                connection=connection,
                origin=origin,
                pen=served.pen,
                idle_seconds=idle_seconds,
                byte_limit=byte_limit,
                lend=lending(served.host, lambda: served.lends),
            )
            served.sessions.append(session)
            tasks.create_task(_converse(lure, session, served))


@asynccontextmanager
async def serving(
    lure: Lure, *, host: str = "127.0.0.1", idle_seconds: float = 30, byte_limit: int = 1 << 28, blob_limit: int = 1 << 26
) -> AsyncIterator[Served]:
    """Serve ``lure`` on a free port until the block ends; a lure that raises fails the test."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)
    listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    pen = MemoryPen(blob_limit=blob_limit)
    served = Served(host, listener.getsockname()[1], pen, asyncio.Semaphore(0))

    running = asyncio.get_running_loop().create_task(_accept(lure, listener, served, idle_seconds, byte_limit))
    try:
        yield served
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        listener.close()
    if pen.failures:
        raise pen.failures[0]
    unnamed = pen.blobs.keys() - {sha256_in(body) for _, body, _ in pen.records}
    assert not unnamed, "a captured file that no record names never reaches the store"


async def ask(served: Served, *pieces: bytes) -> bytes:
    """Send pieces, each flushed, and the end of the stream; return everything that comes."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    async with asyncio.timeout(20):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    await served.session_ended()
    return answer
