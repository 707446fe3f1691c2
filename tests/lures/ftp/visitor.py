# SPDX-License-Identifier: MIT
"""A client that says exactly what a test wants, and connects to the doors that are announced to it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from decnet.lures.ftp.options import FtpOptions
from decnet.lures.ftp.server import Ftp
from tests.support.decoys import decoy, persona
from tests.support.lures import Served, serving

DEADLINE_SECONDS = 20
ACCOUNT = "ftpuser:planted"
SOFTWARE = {"ssh": "OpenSSH_8.4p1 Debian-5+deb11u3", "ftp": "vsFTPd 3.0.3"}


def lure(seed: str = "test seed", software: str = SOFTWARE["ftp"], **options: Any) -> Ftp:
    """Return an ftp lure with one account; ``options`` replace others."""
    chosen = {"accounts": (ACCOUNT,), "failure_seconds": 0.0, "anonymous": "no", **options}
    return Ftp(decoy(persona=persona(seed=seed, software={**SOFTWARE, "ftp": software})), FtpOptions(**chosen))


class Visitor:
    """One control connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> str:
        """Return the next answer, all its lines; nothing where the server hung up."""
        lines = []
        async with asyncio.timeout(DEADLINE_SECONDS):
            while line := await self.reader.readline():
                lines.append(line.decode("latin-1"))
                if re.match(r"\d{3} ", lines[-1]):
                    break
        return "".join(lines)

    async def say(self, line: str | bytes) -> str:
        """Send a line and return the answer."""
        self.writer.write(line if isinstance(line, bytes) else line.encode("latin-1") + b"\r\n")
        return await self.answer()

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Have a door opened and connect to it."""
        numbers = re.search(r"\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)", await self.say("PASV"))
        assert numbers
        *address, high, low = numbers.groups()
        return await asyncio.open_connection(".".join(address), int(high) * 256 + int(low))

    async def fetch(self, line: str) -> tuple[bytes, str]:
        """Have something sent; return it and the last answer."""
        reader, writer = await self.open()
        first = await self.say(line)
        if not first.startswith("150"):
            writer.close()
            return b"", first
        async with asyncio.timeout(DEADLINE_SECONDS):
            content = await reader.read()
        writer.close()
        return content, await self.answer()

    async def send(self, line: str, content: bytes) -> str:
        """Send something; return the last answer."""
        _, writer = await self.open()
        first = await self.say(line)
        if first.startswith("150"):
            writer.write(content)
            await writer.drain()
        writer.close()
        return await self.answer() if first.startswith("150") else first

    async def log_in(self, user: str = "ftpuser", password: str = "planted") -> None:
        """Log in."""
        assert (await self.say(f"USER {user}")).startswith("331")
        assert (await self.say(f"PASS {password}")).startswith("230")

    async def leave(self) -> None:
        """Say goodbye and hang up."""
        await self.say("QUIT")
        self.writer.close()


@asynccontextmanager
async def dialled(served: Served, greeting: str = "220 (vsFTPd 3.0.3)\r\n") -> AsyncIterator[Visitor]:
    """Connect, hear the greeting, and hang up at the end."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    found = Visitor(reader, writer)
    assert await found.answer() == greeting
    try:
        yield found
    finally:
        writer.close()


@asynccontextmanager
async def visiting(**options: Any) -> AsyncIterator[tuple[Visitor, Served]]:
    """Serve a lure and connect to it; the session has ended when the block has."""
    async with serving(lure(**options)) as served:
        async with dialled(served) as found:
            yield found, served
        await served.session_ended()


@asynccontextmanager
async def inside(**options: Any) -> AsyncIterator[tuple[Visitor, Served]]:
    """The same, logged in."""
    async with visiting(**options) as (found, served):
        if options.get("anonymous") == "yes":
            await found.log_in("anonymous", "me@example.org")
        else:
            await found.log_in()
        yield found, served
