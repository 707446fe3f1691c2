# SPDX-License-Identifier: MIT
"""An API that runs, on a real UNIX socket, and clients of each role."""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.config.model import Api as Settings
from decnet.domain import passwords
from decnet.domain.access import Access
from decnet.store import accounts, tokens
from decnet.store.accounts import FIRST
from decnet.store.database import connect, transaction
from decnet.workers.api import Api
from tests.support.stores import Stored, stored
from tests.support.workers import DEADLINE_SECONDS, connected, running

BASE = "http://decnet/api/v1"


@dataclass
class Served:
    """A running API over a store that tests fill; ``bus`` is a client beside it."""

    store: Stored
    socket: Path
    bus: MemoryBus
    stack: AsyncExitStack
    worker: Api
    tokens: dict[Access, str] = field(default_factory=dict)

    def token(self, role: Access) -> str:
        """Return what a program of this role shows."""
        if role not in self.tokens:
            ticket = self.tokens[role] = passwords.new_ticket(passwords.TOKEN_PREFIX)
            path = self.store.config.paths.store
            with closing(connect(path)) as connection, transaction(connection, path):
                tokens.add(connection, passwords.digest(ticket), f"test-{role}", role, days=1, created_by="test")
        return self.tokens[role]

    async def client(self, role: Access | None = None, /, **headers: str) -> httpx.AsyncClient:
        """Return a client that shows the token of a role; without a role it shows nothing and keeps cookies."""
        shown = {"authorization": f"Bearer {self.token(role)}"} if role else {}
        return await self.stack.enter_async_context(dialling(self.socket, shown | headers))

    async def viewer(self) -> httpx.AsyncClient:
        """Return a client that may look."""
        return await self.client(Access.VIEWER)

    async def operator(self) -> httpx.AsyncClient:
        """Return a client that may change decoys."""
        return await self.client(Access.OPERATOR)

    async def admin(self) -> httpx.AsyncClient:
        """Return a client that may everything."""
        return await self.client(Access.ADMIN)

    def first_password(self) -> str:
        """Return the generated password of the first account."""
        with closing(connect(self.store.config.paths.store, read_only=True)) as connection:
            return accounts.reveal(accounts.get(connection, FIRST), self.store.box) or ""


def dialling(socket: Path, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """Return a client of the API that listens on ``socket``."""
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, timeout=DEADLINE_SECONDS)


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Served]:
    """Serve a new store below ``folder``; ``settings`` are keys of the section ``[api]``."""
    async with AsyncExitStack() as stack:
        short = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="api-")))
        section = Settings(**{"socket": str(short / "api.sock"), **settings})
        store = stack.enter_context(stored(folder, api=section))
        store.config.paths.blobs.mkdir(parents=True, exist_ok=True)
        hub = MemoryHub()
        bus = await stack.enter_async_context(connected(MemoryBus(hub, "test")))
        assert isinstance(bus, MemoryBus)
        worker = Api(store.config, MemoryBus(hub, "api"))
        await stack.enter_async_context(ready(worker, Path(section.socket)))
        clients = await stack.enter_async_context(AsyncExitStack())
        yield Served(store, Path(section.socket), bus, clients, worker)


@asynccontextmanager
async def ready(worker: Api, socket: Path) -> AsyncIterator[None]:
    """Run a worker until the block ends; the block begins when it accepts."""
    async with running(worker):
        async with dialling(socket) as client:
            await answering(client)
        yield


async def answering(client: httpx.AsyncClient) -> None:
    """Wait until an API is there, or fail at the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            with suppress(httpx.TransportError):
                if (await client.get("/health")).is_success:
                    return
            await asyncio.sleep(0)


@dataclass(frozen=True)
class Sent:
    """One event of a live feed."""

    event: str
    data: dict[str, Any]
    id: str | None


async def sent(response: httpx.Response) -> AsyncGenerator[Sent, None]:
    """Yield the events of a live feed as a browser does (the HTML standard, section 9.2.6)."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            yield Sent(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id"))
            fields = {}
        else:
            fields = {}


async def take(events: AsyncIterator[Sent], count: int) -> list[Sent]:
    """Return the next events, or fail at the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        return [await anext(events) for _ in range(count)]


def problem_of(response: httpx.Response, status: int) -> str:
    """Return the kind of a problem, which has the shape that RFC 9457 gives it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert {"type", "title", "status", "detail", "remedy"} <= told.keys()
    assert told["status"] == status
    assert told["type"].startswith("urn:decnet:problem:")
    return str(told["type"]).removeprefix("urn:decnet:problem:")


def fields(items: Iterable[dict[str, Any]], name: str) -> list[Any]:
    """Return one field of each item."""
    return [item[name] for item in items]
