# SPDX-License-Identifier: MIT
"""One connection: the lines that come, the answers that go, and who the client is by now."""

import random
from dataclasses import dataclass

from decnet.lures.ftp.data import Data
from decnet.lures.ftp.line import Command, LineTooLongError, reply, take_command
from decnet.lures.ftp.place import Files
from decnet.lures.ftp.recorder import Recorder
from decnet.lures.ftp.settings import Settings
from decnet.lures.lure import Session
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.visits import Visits
from decnet.lures.stream import Stream

JITTER = 0.25


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all connections of one lure share."""

    settings: Settings
    machine: Machine
    visits: Visits
    passwords: dict[bytes, bytes]


@dataclass(kw_only=True)
class User:
    """Who is logged in; ``restart`` is where the next transfer begins, ``renaming`` what RNTO will rename."""

    name: bytes
    files: Files
    umask: int
    is_anonymous: bool = False
    is_binary: bool = False
    restart: int = 0
    renaming: bytes = b""

    def take_restart(self) -> int:
        """Return where this transfer begins; the next one begins at the start again."""
        restart, self.restart = self.restart, 0
        return restart


class Conversation:
    """The control connection; ``clients`` is how many there were when it began, this one included."""

    def __init__(self, site: Site, session: Session, stream: Stream, clients: int) -> None:
        self.site = site
        self.session = session
        self.clients = clients
        self.recorder = Recorder(session)
        self.data = Data(session, self.recorder)
        self._stream = stream

    async def say(self, answer: bytes) -> bool:
        """Send an answer; false when the client left."""
        return await self._stream.send(answer)

    async def hear(self) -> Command | None:
        """Return the next command, recorded; nothing where the connection ends, and then the client was told why."""
        while True:
            try:
                command = take_command(self._stream.buffer)
            except LineTooLongError:
                self.recorder.violation("line too long", bytes(self._stream.buffer))
                self._stream.buffer.clear()
                self.session.end("protocol")
                await self.say(reply(500, "Input line too long."))
                return None
            if command is None:
                if not await self._stream.fill():
                    await self._take_leave()
                    return None
                continue
            await self._stream.give_way()
            if command.name or command.argument:
                self.recorder.command(command)
                return command

    async def wait(self, seconds: float) -> None:
        """Let about so much time pass, as checking a password takes it."""
        await self._stream.pause(seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - jitter, no secret

    def finish(self) -> None:
        """Close what is open, and record what never got complete."""
        self.data.close()
        self.recorder.finish()
        torn = bytes(self._stream.buffer)
        self._stream.buffer.clear()
        if torn.strip():
            self.recorder.violation("incomplete command", torn)

    async def _take_leave(self) -> None:
        """Tell a client who was silent for too long."""
        if self.session.reason == "idle":
            await self.say(reply(421, "Timeout."))
