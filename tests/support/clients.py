# SPDX-License-Identifier: MIT
"""Real client programs, run to their end with a deadline."""

import asyncio
from dataclasses import dataclass

DEADLINE_SECONDS = 60


@dataclass(frozen=True)
class Finished:
    """What a program left."""

    code: int
    stdout: bytes
    stderr: bytes


async def run(*argv: str, stdin: bytes = b"", environment: dict[str, str] | None = None) -> Finished:
    """Run a program without a shell; it is killed, and the test fails, when it takes longer than the deadline."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **(environment or {})},
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            stdout, stderr = await process.communicate(stdin)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Finished(process.returncode or 0, stdout, stderr)


async def tell(address: str, port: int, data: bytes) -> bytes:
    """Send bytes as they are, say that nothing follows, and return everything that is answered."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            writer.write(data)
            writer.write_eof()
            return await reader.read()
    finally:
        writer.transport.abort()
