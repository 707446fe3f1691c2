# SPDX-License-Identifier: MIT
"""
The kernel's word that something in a folder changed (inotify(7)).

The standard library has no binding; three calls of libc are all that is needed.
"""

import asyncio
import ctypes
import errno
import os
from pathlib import Path

from decnet.errors import HostError

CHANGES = 0x00000002 | 0x00000100 | 0x00000080
"""``IN_MODIFY``, ``IN_CREATE``, ``IN_MOVED_TO``."""

_ONLY_FOLDERS = 0x01000000 | 0x02000000  # IN_ONLYDIR, IN_DONT_FOLLOW
_NONBLOCK = os.O_NONBLOCK | os.O_CLOEXEC
_BUFFER = 65536


class Inotify:
    """
    Watches folders; ``changed`` returns when something happened in one of them since it returned last.

    A watch ends with its folder. More events than the kernel's queue holds are one event here, so that none is missed.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(_NONBLOCK)
        if self._fd < 0:
            raise HostError(f"the kernel watches no folders: {os.strerror(ctypes.get_errno())}", remedy="decnet doctor")

    def add(self, folder: Path) -> bool:
        """Watch a folder; once is enough, twice does no harm. False where it is none, or is gone."""
        if self._libc.inotify_add_watch(self._fd, os.fsencode(folder), CHANGES | _ONLY_FOLDERS) >= 0:
            return True
        code = ctypes.get_errno()
        if code in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES}:
            return False
        raise HostError(
            f"{folder} cannot be watched: {os.strerror(code)}", remedy="sysctl -w fs.inotify.max_user_watches=524288"
        )

    async def changed(self) -> None:
        """Wait for a change and forget all that are known."""
        loop = asyncio.get_running_loop()
        readable = loop.create_future()
        loop.add_reader(self._fd, _wake, readable)
        try:
            await readable
        finally:
            loop.remove_reader(self._fd)
        self._drain()

    def close(self) -> None:
        """Stop watching."""
        os.close(self._fd)

    def _drain(self) -> None:
        """Read every event that waits."""
        try:
            while os.read(self._fd, _BUFFER):
                pass
        except BlockingIOError:
            return


def _wake(waiter: "asyncio.Future[None]") -> None:
    """Wake whoever waits."""
    if not waiter.done():
        waiter.set_result(None)
