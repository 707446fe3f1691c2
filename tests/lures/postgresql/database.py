# SPDX-License-Identifier: MIT
"""What the tests of the postgresql lure share: a lure, and a client that sends messages as they are."""

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from decnet.lures.postgresql.options import PostgresqlOptions
from decnet.lures.postgresql.release import SOFTWARE
from decnet.lures.postgresql.server import Postgresql
from tests.support.decoys import OPENSSH, decoy, persona
from tests.support.lures import Served, serving

ACCOUNTS = ("postgres:secret", "alice:wonder")
DEADLINE_SECONDS = 30
Message = tuple[bytes, bytes]


def database(seed: str = "test seed", software: str = SOFTWARE, **options: Any) -> Postgresql:
    """Return a lure with two accounts and without TLS, whose key takes a while."""
    who = persona(software={"ssh": OPENSSH, "postgresql": software}, seed=seed)
    return Postgresql(decoy(persona=who), PostgresqlOptions(**{"accounts": ACCOUNTS, "tls": False, **options}))


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Return one message."""
    return kind + struct.pack("!i", len(body) + 4) + body


def startup(code: int = 196608, /, **settings: str) -> bytes:
    """Return a startup message."""
    body = struct.pack("!i", code) + b"".join(f"{name}\0{value}\0".encode() for name, value in settings.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def fields_of(body: bytes) -> dict[str, str]:
    """Return the fields of an error by their letters."""
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


class Client:
    """A client that speaks the protocol by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *data: bytes) -> None:
        """Send bytes."""
        self._writer.write(b"".join(data))
        await self._writer.drain()

    async def exactly(self, size: int) -> bytes:
        """Return so many bytes."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self._reader.readexactly(size)

    async def rest(self) -> bytes:
        """Return everything up to the end."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self._reader.read()

    async def one(self) -> Message:
        """Return the next message."""
        head = await self.exactly(5)
        return head[:1], await self.exactly(int.from_bytes(head[1:]) - 4)

    async def until(self, *kinds: bytes) -> list[Message]:
        """Return messages up to one of these kinds."""
        found = [await self.one()]
        while found[-1][0] not in kinds:
            found.append(await self.one())
        return found

    async def log_in(self, user: str = "postgres", password: str = "secret", **settings: str) -> list[Message]:
        """Log in by md5; return what is told, up to the error or until queries may come."""
        await self.send(startup(196608, user=user, **{"database": "postgres", **settings}))
        kind, body = await self.one()
        if kind != b"R":
            return [(kind, body)]
        inner = hashlib.md5((password + user).encode()).hexdigest()
        digest = b"md5" + hashlib.md5(inner.encode() + body[4:8]).hexdigest().encode()
        await self.send(message(b"p", digest + b"\0"))
        return [(kind, body), *await self.until(b"Z", b"E")]

    async def ask(self, statement: str) -> list[Message]:
        """Send a simple query and return everything up to ReadyForQuery."""
        await self.send(message(b"Q", statement.encode() + b"\0"))
        return await self.until(b"Z")

    async def rows(self, statement: str) -> list[list[str | None]]:
        """Return the rows of a query as texts; an error fails the test."""
        answer = await self.ask(statement)
        wrong = [fields_of(body) for kind, body in answer if kind == b"E"]
        assert not wrong, wrong
        return [row_of(body) for kind, body in answer if kind == b"D"]

    async def error(self, statement: str) -> dict[str, str]:
        """Return the fields of the error that a statement gives."""
        answer = await self.ask(statement)
        return next(fields_of(body) for kind, body in answer if kind == b"E")

    async def leave(self) -> None:
        """Say good-bye."""
        self._writer.write(message(b"X"))
        self._writer.close()
        await self._writer.wait_closed()


def row_of(body: bytes) -> list[str | None]:
    """Return the values of a DataRow."""
    values: list[str | None] = []
    position = 2
    for _ in range(int.from_bytes(body[:2])):
        size = int.from_bytes(body[position : position + 4], signed=True)
        position += 4
        values.append(None if size < 0 else body[position : position + size].decode())
        position += max(size, 0)
    return values


@asynccontextmanager
async def connected(served: Served) -> AsyncIterator[Client]:
    """Connect, without a word yet."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@asynccontextmanager
async def logged_in(
    lure: Postgresql | None = None, user: str = "postgres", password: str = "secret"
) -> AsyncIterator[tuple[Client, Served]]:
    """Serve a lure, connect to it and log in."""
    async with serving(lure or database()) as served, connected(served) as client:
        assert (await client.log_in(user, password))[-1] == (b"Z", b"I")
        yield client, served


async def values_of(*statements: str, user: str = "postgres", password: str = "secret") -> list[list[list[str | None]]]:
    """Return the rows of statements that one connection sends."""
    async with logged_in(user=user, password=password) as (client, _):
        return [await client.rows(statement) for statement in statements]


async def errors_of(*statements: str, user: str = "postgres", password: str = "secret") -> list[str]:
    """Return the code and the words of the errors that statements of one connection give."""
    async with logged_in(user=user, password=password) as (client, _):
        found = [await client.error(statement) for statement in statements]
        return [f"{one['C']} {one['M']}" for one in found]
