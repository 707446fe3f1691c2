# SPDX-License-Identifier: MIT
"""The agent's socket at which the decoys service arrives: one agent at a time has it, and few wait at it."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path

from decnet.engine.lock import hold
from decnet.errors import HostError

DIALLERS = 8
LOOK_SECONDS = 1.0
FOLDER_MODE = 0o750


class Entrance:
    """A listening UNIX socket at ``path``, held with the lock at ``lock``."""

    def __init__(self, path: Path, lock: Path) -> None:
        self._path = path
        self._lock_path = lock
        self._dialled: socket.socket | None = None
        self._inode = 0
        self._lock = -1

    def open(self) -> None:
        """Listen; raise ``InUseError`` where another agent does, ``HostError`` where the socket cannot be made."""
        try:
            for folder in {self._path.parent, self._lock_path.parent}:
                folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self._lock = hold(self._lock_path, "another agent")
            self._path.unlink(missing_ok=True)
            self._dialled = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            self._dialled.bind(str(self._path))
            self._path.chmod(0o666)  # who may have sockets is decided by the credentials of the peer
            self._dialled.listen(DIALLERS)
            self._inode = self._path.lstat().st_ino
        except OSError as error:
            raise HostError(f"the hand-over socket {self._path} cannot be made: {error}", remedy="decnet doctor") from error

    async def run(self, answer: Callable[[socket.socket], Coroutine[None, None, None]]) -> None:
        """Have everybody answered who dials, until cancelled; raises what ``check`` raises."""
        if self._dialled is None:
            raise RuntimeError("open comes first")
        places = asyncio.Semaphore(DIALLERS)
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_checking())
            while True:
                await places.acquire()
                connection, _ = await loop.sock_accept(self._dialled)
                answered = tasks.create_task(answer(connection))
                answered.add_done_callback(lambda _: places.release())

    def check(self) -> None:
        """Raise ``HostError`` where somebody removed or replaced the socket: no decoys service could arrive any more."""
        try:
            is_ours = self._path.lstat().st_ino == self._inode
        except FileNotFoundError:
            is_ours = False
        if not is_ours:
            raise HostError(
                f"somebody removed the hand-over socket {self._path}", remedy="start the agent again; systemd does it by itself"
            )

    async def _keep_checking(self) -> None:
        """Look after the socket, which no event tells about."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.check()

    def stop_listening(self) -> None:
        """Let nobody dial any more; the lock stays."""
        if self._dialled is not None:
            self._dialled.close()
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let another agent have it."""
        if self._lock >= 0:
            os.close(self._lock)
