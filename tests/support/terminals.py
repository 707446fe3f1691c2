# SPDX-License-Identifier: MIT
"""A real program at a real pseudo-terminal: keys are typed, what it shows is waited for."""

import asyncio
import fcntl
import os
import pty
import struct
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

DEADLINE_SECONDS = 30


@dataclass
class Sitting:
    """A program with a terminal of its own; ``shown`` is everything that it showed, of which ``read`` bytes were waited for."""

    process: asyncio.subprocess.Process
    master: int
    shown: bytearray = field(default_factory=bytearray)
    read: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)

    async def until(self, words: bytes) -> bytes:
        """Wait until words are shown, and return everything since the last ones up to them."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (at := self.shown.find(words, self.read)) < 0:
                self.changed.clear()
                await self.changed.wait()
        found = bytes(self.shown[self.read : at + len(words)])
        self.read = at + len(words)
        return found

    async def ended(self) -> int:
        """Wait for the end of the program; return its exit code."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.process.wait()

    def take(self) -> None:
        """Keep what can be read now."""
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the program is gone, and with it the other side
            data = b""
        self.shown += data
        self.changed.set()
        if not data:
            asyncio.get_running_loop().remove_reader(self.master)


@asynccontextmanager
async def sitting(
    *argv: str, columns: int = 100, rows: int = 30, environment: dict[str, str] | None = None
) -> AsyncIterator[Sitting]:
    """Run a program at a terminal of that size until the block ends."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={"PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environment or {})},
    )
    os.close(slave)
    found = Sitting(process, master)
    loop = asyncio.get_running_loop()
    loop.add_reader(master, found.take)
    try:
        yield found
    finally:
        loop.remove_reader(master)
        os.close(master)
        if process.returncode is None:
            process.kill()
            await process.wait()
