# SPDX-License-Identifier: MIT
"""What a file system is made of: a tree of nodes with bounds, users, a journal of changes."""

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from decnet.lures.shell.node import Node

MAX_BYTES = 32 * 1024 * 1024
MAX_FILES = 4096
ROOT = 0
READ, WRITE, SEARCH = 4, 2, 1


@dataclass(frozen=True, slots=True)
class User:
    """Whose rights are checked; uid 0 may do everything."""

    uid: int = ROOT
    gid: int = ROOT
    groups: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Status:
    """What stat tells; times in seconds since the epoch, ``size`` in bytes, ``device`` major and minor."""

    mode: int
    uid: int
    gid: int
    size: int
    modified: float
    accessed: float
    links: int
    inode: int
    device: tuple[int, int]


def error(number: int, path: str = "") -> OSError:
    """Return the error of the kernel with this number."""
    return OSError(number, os.strerror(number), path)


class Journal:
    """The files that were written, in order; one that goes before anybody asked is given to ``removed`` with its content."""

    def __init__(self, removed: Callable[[str, bytes], None]) -> None:
        self.changed: dict[str, None] = {}
        self.removed = removed


class Tree:
    """The changed and unchanged nodes of one session, its account of bytes and files, and the clock that dates them."""

    def __init__(
        self, root: Node, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES, now: Callable[[], float] = time.time
    ) -> None:
        self.root = root
        self.now = now
        self.max_bytes = max_bytes
        self.max_files = max_files
        self.used_bytes = 0
        self.used_files = 0

    def own(self, parts: list[str]) -> Node:
        """Return the node of a resolved path, copied for this session with all that lead to it."""
        if self.root.owner is not self:
            self.root = self.root.copy(self)
        node = self.root
        for name in parts:
            child = node.entries[name]
            if child.owner is not self:
                self.take(files=1)
                child = node.entries[name] = child.copy(self)
                self.take(size=len(child.content) if isinstance(child.content, bytearray) else 0)
            node = child
        return node

    def take(self, *, size: int = 0, files: int = 0) -> None:
        """Charge bytes and files; raise ENOSPC beyond the bounds."""
        if (size > 0 and self.used_bytes + size > self.max_bytes) or (files > 0 and self.used_files + files > self.max_files):
            raise error(errno.ENOSPC)
        self.used_bytes += size
        self.used_files += files
