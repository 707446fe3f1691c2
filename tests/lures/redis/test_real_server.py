# SPDX-License-Identifier: MIT
"""The redis lure answers as a real Redis 7.0 does, byte for byte, command after command."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from decnet.lures.redis.resp import split_words
from tests.lures.redis.cache import cache, packed, read_reply
from tests.support.addresses import address
from tests.support.clients import run
from tests.support.lures import serving

pytestmark = pytest.mark.client

PORT = 6379
COMMANDS = Path(__file__).with_name("commands.txt").read_text()


@asynccontextmanager
async def real_server(folder: Path) -> AsyncIterator[str]:
    """Run a real redis-server in a folder until the block ends; yield its address, which no other run has."""
    host = address(61)
    options = ["--port", str(PORT), "--bind", host, "--save", "", "--dir", str(folder)]
    options += [
        "--enable-protected-configs",
        "yes",
        "--enable-debug-command",
        "yes",
        "--enable-module-command",
        "yes",
        "--slowlog-log-slower-than",
        "-1",
    ]
    process = await asyncio.create_subprocess_exec("redis-server", *options, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout
        async with asyncio.timeout(30):
            while b"Ready to accept connections" not in await process.stdout.readline():
                pass
        yield host
    finally:
        process.kill()
        await process.wait()


async def talk(host: str, port: int, commands: list[list[bytes]]) -> list[bytes]:
    """Send commands one by one and return the reply to each."""
    reader, writer = await asyncio.open_connection(host, port)
    replies = []
    for command in commands:
        writer.write(packed(*command))
        async with asyncio.timeout(10):
            reply = await read_reply(reader)
            for _ in range(2 if command[0].lower() == b"unsubscribe" and b"c" in reply and len(command) > 5 else 0):
                reply += await read_reply(reader)
        replies.append(reply)
    writer.close()
    await writer.wait_closed()
    return replies


def comparable(line: str, reply: bytes) -> bytes:
    """Return a reply to a line; the seconds that a key still lives go on meanwhile, so they need only be some."""
    return re.sub(rb":[1-9]\d*\r\n", b":TTL\r\n", reply) if line.startswith("TTL ") else reply


def field_names(reply: bytes) -> list[bytes]:
    """Return the section titles and field names of an INFO, the keyspace left out."""
    names = [line.partition(b":")[0] for line in reply.split(b"\r\n")[1:] if line]
    return [name for name in names if not name.startswith(b"db")]


async def test_info_has_the_fields_of_the_real_server(tmp_path: Path) -> None:
    """Names, their order and the sections are those of the real server, also when it follows a master."""
    commands = [[b"INFO"], [b"INFO", b"everything"], [b"INFO", b"memory", b"cpu"], [b"INFO", b"nosuch"]]
    async with real_server(tmp_path) as host:
        expected = await talk(host, PORT, commands)
    async with serving(cache("7.0.15")) as served:
        replies = await talk(served.host, served.port, commands)
    for want, got in zip(expected, replies, strict=True):
        wanted = [name for name in field_names(want) if not name.startswith((b"errorstat", b"cmdstat", b"latency_percentiles"))]
        assert field_names(got) == [name for name in wanted if name not in (b"# Commandstats", b"# Latencystats")]


async def test_lure_replies_as_the_real_server(tmp_path: Path) -> None:
    version = await run("redis-server", "--version")
    assert b"v=7.0.15" in version.stdout
    lines = [line.replace("LONG", "FOO " + "a" * 140 + " b") for line in COMMANDS.strip().splitlines() if line != '""']
    commands = [words for line in lines if (words := split_words(line.encode()))]
    assert len(commands) > 300
    async with real_server(tmp_path) as host:
        expected = await talk(host, PORT, commands)
    async with serving(cache("7.0.15")) as served:
        replies = await talk(served.host, served.port, commands)
    differences = [
        f"{line}\n  want {want!r}\n  got  {got!r}"
        for line, want, got in zip(lines, expected, replies, strict=True)
        if comparable(line, want) != comparable(line, got)
    ]
    assert not differences, f"{len(differences)} of {len(lines)}\n" + "\n".join(differences)
