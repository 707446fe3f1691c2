# SPDX-License-Identifier: MIT
"""
What a file system is made of: one node for each file, folder, link or device.

A node of the base image belongs to nobody and is shared by every session; a session copies a node before it changes it
(``owner``). Content may be made when it is read, so that an image of a thousand programs costs no memory.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass

FILE = stat.S_IFREG
FOLDER = stat.S_IFDIR
LINK = stat.S_IFLNK
DEVICE = stat.S_IFCHR
BLOCK = stat.S_IFBLK
FOLDER_SIZE = 4096
PERMISSIONS = 0o7777


@dataclass(frozen=True, slots=True)
class Made:
    """Content that is made when it is read; ``size`` is what stat says (files of /proc say 0)."""

    size: int
    make: Callable[[], bytes]


Entries = dict[str, "Node"]
Content = bytes | bytearray | str | Made | Entries | Callable[[], Entries] | Callable[[], str]


class Node:
    """
    A file, folder, symbolic link or device.

    ``content`` is bytes or ``Made`` for a file, a dictionary (or what makes one) for a folder, the target (or what makes
    it) for a link. ``device`` holds major and minor. Times are in seconds since the epoch.
    """

    __slots__ = ("accessed", "content", "device", "gid", "links", "mode", "modified", "owner", "uid")

    def __init__(self, mode: int, content: Content, modified: float, *, uid: int = 0, gid: int = 0) -> None:
        self.mode = mode
        self.content = content
        self.modified = modified
        self.accessed = modified
        self.uid = uid
        self.gid = gid
        self.links = 1
        self.owner: object = None
        self.device = (0, 0)

    def copy(self, owner: object) -> "Node":
        """Return a node that ``owner`` may change."""
        content = self.content
        if stat.S_ISDIR(self.mode):
            content = dict(self.entries)
        elif isinstance(content, bytes):
            content = bytearray(content)
        twin = Node(self.mode, content, self.modified, uid=self.uid, gid=self.gid)
        twin.accessed, twin.links, twin.device, twin.owner = self.accessed, self.links, self.device, owner
        return twin

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether this is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether this is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def entries(self) -> Entries:
        """The names in this folder."""
        content = self.content() if callable(self.content) else self.content
        return content if isinstance(content, dict) else {}

    @property
    def target(self) -> str:
        """The target of this link."""
        content = self.content() if callable(self.content) else self.content
        return content if isinstance(content, str) else ""

    @property
    def data(self) -> bytes:
        """The bytes of this file."""
        if isinstance(self.content, Made):
            return self.content.make()
        return bytes(self.content) if isinstance(self.content, (bytes, bytearray)) else b""

    @property
    def size(self) -> int:
        """What stat says of the size, in bytes."""
        if self.is_folder:
            return 0 if callable(self.content) else FOLDER_SIZE
        if isinstance(self.content, Made):
            return self.content.size
        return len(self.target) if self.is_link else len(self.content) if isinstance(self.content, (bytes, bytearray)) else 0


def folder(modified: float, mode: int = 0o755, *, uid: int = 0, gid: int = 0) -> Node:
    """Return an empty folder."""
    return Node(FOLDER | mode, {}, modified, uid=uid, gid=gid)


def file(content: Content, modified: float, mode: int = 0o644, *, uid: int = 0, gid: int = 0) -> Node:
    """Return a file."""
    return Node(FILE | mode, content, modified, uid=uid, gid=gid)


def link(target: str | Callable[[], str], modified: float, *, uid: int = 0, gid: int = 0) -> Node:
    """Return a symbolic link."""
    return Node(LINK | 0o777, target, modified, uid=uid, gid=gid)


def device(major: int, minor: int, modified: float, mode: int = 0o666, *, gid: int = 0, block: bool = False) -> Node:
    """Return a character or block device."""
    node = Node((BLOCK if block else DEVICE) | mode, b"", modified, gid=gid)
    node.device = (major, minor)
    return node
