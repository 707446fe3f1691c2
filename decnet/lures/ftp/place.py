# SPDX-License-Identifier: MIT
"""Where a user is in the decoy's file system, and what the names that he sends mean there."""

import errno
import os
import posixpath
import stat

from decnet.lures.shell.filesystem import SEARCH, Filesystem, Status
from decnet.lures.shell.transfer import Memory, Place, decode, encode

IN_FLIGHT = Memory(96 << 20)
"""Bytes of files on their way that all sessions of this process may hold together; each session alone would be too many."""


class Files:
    """
    A user's view of the files. Names are bytes, as clients send them; every method raises ``OSError`` as the kernel would.

    ``root`` is the folder that is all he sees (chroot(2)); empty: he sees everything. ``cwd`` is a path as he sees it.
    """

    def __init__(self, filesystem: Filesystem, home: str, *, root: str = "") -> None:
        self.filesystem = filesystem
        self.memory = IN_FLIGHT
        self.place = Place(filesystem=filesystem, home=home, memory=self.memory)
        self._home = "/" if root else home
        self._root = root
        self.cwd = self._home

    def expand(self, sent: bytes) -> bytes:
        """Return a name with the user's home for a tilde."""
        return encode(self._home) + sent[1:] if sent == b"~" or sent.startswith(b"~/") else sent

    def real(self, sent: bytes) -> str:
        """Return the path in the decoy's file system that a name means."""
        if not sent:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        joined = posixpath.join(self.cwd, decode(self.expand(sent)))
        if not self._root:
            return joined
        inside = posixpath.normpath("/" + joined.lstrip("/"))
        return self._root + inside + ("/" if joined.endswith("/") and inside != "/" else "")

    def shown(self, sent: bytes) -> bytes:
        """Return a name as the server repeats it: absolute, and otherwise as it was sent."""
        sent = self.expand(sent)
        if sent.startswith(b"/"):
            return sent
        return encode(self.cwd).rstrip(b"/") + b"/" + sent

    def above(self, path: str) -> str:
        """Return the folder above a real path, which is that itself where the user sees nothing above it."""
        return path if self._root and path.rstrip("/.") == self._root else posixpath.join(path, "..")

    def change(self, sent: bytes) -> None:
        """Go to another folder."""
        path = self.filesystem.resolve(self.real(sent))
        if not self.filesystem.is_folder(path):
            raise OSError(errno.ENOTDIR, path)
        if not self.filesystem.access(path, SEARCH):
            raise OSError(errno.EACCES, path)
        if self._root and path != self._root and not path.startswith(self._root + "/"):
            raise OSError(errno.ENOENT, path)
        self.cwd = (path[len(self._root) :] if self._root else path) or "/"

    def status(self, sent: bytes) -> Status:
        """Return the status of what a name leads to."""
        return self.filesystem.stat(self.real(sent))

    def file(self, sent: bytes) -> Status:
        """Return the status of a regular file; what is none is refused."""
        status = self.status(sent)
        if not stat.S_ISREG(status.mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return status
