# SPDX-License-Identifier: MIT
"""What the tests of the redis lure share: a lure, and a client that sends bytes as they are."""

import asyncio
from typing import Any

from decnet.lures.redis.options import RedisOptions
from decnet.lures.redis.server import Redis
from tests.support.decoys import decoy, persona
from tests.support.lures import Served


def cache(version: str = "7.0.15", seed: str = "test seed", **options: Any) -> Redis:
    """Return a redis lure."""
    who = persona(software={"redis": version}, seed=seed)
    return Redis(decoy(persona=who), RedisOptions(**options))


def packed(*arguments: bytes | str) -> bytes:
    """Return a request as an array of bulk strings."""
    items = [argument if isinstance(argument, bytes) else argument.encode() for argument in arguments]
    return b"*%d\r\n" % len(items) + b"".join(b"$%d\r\n%s\r\n" % (len(item), item) for item in items)


async def read_reply(reader: asyncio.StreamReader) -> bytes:
    """Return one RESP2 or RESP3 reply as it came."""
    line = await reader.readuntil(b"\r\n")
    kind, rest = line[:1], line[1:-2]
    if kind in b"$=" and rest != b"-1":
        return line + await reader.readexactly(int(rest) + 2)
    if kind in b"*~>%" and rest != b"-1":
        count = int(rest) * (2 if kind == b"%" else 1)
        return line + b"".join([await read_reply(reader) for _ in range(count)])
    return line


async def replies(served: Served, *requests: str) -> list[str]:
    """Send requests, their words apart, over one connection; return each reply, its lines joined by a bar."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    found = []
    async with asyncio.timeout(20):
        for request in requests:
            writer.write(packed(*request.split()))
            found.append((await read_reply(reader)).decode().removesuffix("\r\n").replace("\r\n", "|"))
        writer.close()
        await writer.wait_closed()
    await served.session_ended()
    return found
