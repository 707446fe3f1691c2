# SPDX-License-Identifier: MIT
"""
A file system in memory: a copy-on-write view over the shared image of a decoy.

A session pays for what it changes, and what it may change is bounded: beyond the bound there is no space left on the
device. Errors are those of the kernel: ``OSError`` with the right number.
"""

import errno
import hashlib
import os
import posixpath
import time
from collections.abc import Callable
from dataclasses import dataclass

from decnet.lures.shell.node import FILE, FOLDER, LINK, PERMISSIONS, Node

MAX_BYTES = 32 * 1024 * 1024
MAX_FILES = 4096
MAX_PATH = 4096
MAX_NAME = 255
MAX_LINKS = 40
READ, WRITE, SEARCH = 4, 2, 1
STICKY = 0o1000
ANY_EXECUTE = 0o111
ROOT = 0


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


def _names(path: str) -> list[str]:
    """Return the names of a path, last first, without those that lead nowhere."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


class Journal:
    """The files that were written, in order; one that goes before anybody asked is given to ``removed`` with its content."""

    def __init__(self, removed: Callable[[str, bytes], None]) -> None:
        self.changed: dict[str, None] = {}
        self.removed = removed


class Tree:
    """The changed and unchanged nodes of one session, and its account of bytes and files."""

    def __init__(self, root: Node, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> None:
        self.root = root
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


class Filesystem:
    """
    What one user sees of a session's tree.

    Paths are absolute (a relative one begins at the root). Every method raises ``OSError`` as the kernel would.
    ``journal`` collects the files that were written through this view.
    """

    def __init__(self, tree: Tree, user: User | None = None, journal: Journal | None = None) -> None:
        self.tree = tree
        self.user = user or User()
        self.journal = journal
        self.umask = 0o022

    def bound(self, user: User, journal: Journal | None = None) -> "Filesystem":
        """Return a view of the same tree with the rights of ``user``."""
        view = Filesystem(self.tree, user, self.journal if journal is None else journal)
        view.umask = self.umask
        return view

    def resolve(self, path: str, cwd: str = "/", *, follow: bool = True) -> str:
        """Return the absolute path without links; the last name need not exist."""
        parts, _ = self._walk(posixpath.join(cwd, path), follow=follow)
        return "/" + "/".join(parts)

    def node(self, path: str, *, follow: bool = True) -> Node:
        """Return the node at ``path``; not to be changed by the caller."""
        _, node = self._walk(path, follow=follow)
        if node is None:
            raise error(errno.ENOENT, path)
        return node

    def stat(self, path: str) -> Status:
        """Return the status of what ``path`` leads to."""
        return self._status(self.resolve(path), self.node(path))

    def lstat(self, path: str) -> Status:
        """Return the status of ``path`` itself, which may be a link."""
        return self._status(self.resolve(path, follow=False), self.node(path, follow=False))

    def exists(self, path: str) -> bool:
        """Return whether ``path`` leads to something that can be reached."""
        try:
            self.node(path)
        except OSError:
            return False
        return True

    def is_folder(self, path: str) -> bool:
        """Return whether ``path`` leads to a folder."""
        try:
            return self.node(path).is_folder
        except OSError:
            return False

    def access(self, path: str, wanted: int) -> bool:
        """Return whether the user has the rights ``wanted`` (4 read, 2 write, 1 execute) on ``path``."""
        try:
            return self._may(self.node(path), wanted)
        except OSError:
            return False

    def listdir(self, path: str) -> list[str]:
        """Return the names in a folder, sorted."""
        node = self.node(path)
        if not node.is_folder:
            raise error(errno.ENOTDIR, path)
        self._demand(node, READ, path)
        return sorted(node.entries)

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        node = self.node(path)
        if node.is_folder:
            raise error(errno.EISDIR, path)
        self._demand(node, READ, path)
        return node.data

    def write(self, path: str, data: bytes, *, append: bool = False, mode: int = 0o666) -> None:
        """Write a file, which is made with ``mode`` less the umask where there is none."""
        parts, node = self._walk(path, follow=True)
        if path.endswith("/") or (node is not None and node.is_folder):
            raise error(errno.EISDIR, path)
        if node is None:
            node = self._add(parts, Node(FILE | mode & ~self.umask, bytearray(), self._now()), path)
        else:
            self._demand(node, WRITE, path)
        if not node.is_file:
            return
        self._fill(self._own(parts), data, append=append)
        self._note(parts)

    def mkdir(self, path: str, mode: int = 0o777) -> None:
        """Make a folder."""
        parts, node = self._walk(path.rstrip("/") or "/", follow=False)
        if node is not None:
            raise error(errno.EEXIST, path)
        self._add(parts, Node(FOLDER | mode & ~self.umask, {}, self._now()), path)

    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link at ``path``."""
        parts, node = self._walk(path, follow=False)
        if node is not None:
            raise error(errno.EEXIST, path)
        if not target or len(target) > MAX_PATH:
            raise error(errno.ENAMETOOLONG if target else errno.ENOENT, path)
        self._add(parts, Node(LINK | 0o777, target, self._now()), path)

    def link(self, existing: str, path: str) -> None:
        """Give a file a second name."""
        parts, node = self._walk(existing, follow=False)
        new_parts, new_node = self._walk(path, follow=False)
        if node is None or new_node is not None:
            raise error(errno.EEXIST if node else errno.ENOENT, path)
        if node.is_folder:
            raise error(errno.EPERM, path)
        shared = self._own(parts)
        self._folder_of(new_parts, path).entries[new_parts[-1]] = shared
        shared.links += 1

    def readlink(self, path: str) -> str:
        """Return the target of a symbolic link."""
        node = self.node(path, follow=False)
        if not node.is_link:
            raise error(errno.EINVAL, path)
        return node.target

    def unlink(self, path: str) -> None:
        """Remove a name that is no folder."""
        parts, node = self._walk(path, follow=False)
        if node is None:
            raise error(errno.ENOENT, path)
        if node.is_folder:
            raise error(errno.EISDIR, path)
        self._remove(parts, node, path)

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        parts, node = self._walk(path, follow=False)
        if node is None:
            raise error(errno.ENOENT, path)
        if not node.is_folder:
            raise error(errno.ENOTDIR, path)
        if not parts or callable(node.content):
            raise error(errno.EBUSY, path)
        if node.entries:
            raise error(errno.ENOTEMPTY, path)
        self._remove(parts, node, path)

    def rename(self, old: str, new: str) -> None:
        """Move a name; an existing file, or an empty folder by a folder, is replaced."""
        parts, node = self._walk(old, follow=False)
        new_parts, replaced = self._walk(new, follow=False)
        if node is None:
            raise error(errno.ENOENT, old)
        if not parts or new_parts[: len(parts)] == parts:
            if parts == new_parts and parts:
                return
            raise error(errno.EINVAL, old)
        if replaced is not None:
            self._replace(node, replaced, new)
        self._sticky(parts, node, old)
        self._own(parts)
        source = self._folder_of(parts, old)
        moved = source.entries.pop(parts[-1])
        self._folder_of(new_parts, new).entries[new_parts[-1]] = moved
        source.modified = self._now()
        if moved.is_file and self.journal is not None and self.journal.changed.pop("/" + "/".join(parts), 0) is None:
            self._note(new_parts)

    def chmod(self, path: str, mode: int) -> None:
        """Set the permission bits."""
        node = self._owned_by_user(path)
        node.mode = node.mode & ~PERMISSIONS | mode & PERMISSIONS

    def chown(self, path: str, uid: int, gid: int) -> None:
        """Set owner and group; -1 leaves one as it is; only root may."""
        if self.user.uid != ROOT:
            raise error(errno.EPERM, path)
        node = self._owned_by_user(path)
        node.uid = node.uid if uid < 0 else uid
        node.gid = node.gid if gid < 0 else gid

    def utime(self, path: str, modified: float, accessed: float | None = None) -> None:
        """Set the times, in seconds since the epoch."""
        node = self._owned_by_user(path)
        node.modified = modified
        node.accessed = modified if accessed is None else accessed

    def mount(self, path: str, node: Node) -> None:
        """Put ``node`` at ``path``, as the machine itself and not as the user."""
        parts = [part for part in path.split("/") if part]
        self.tree.own(parts[:-1]).entries[parts[-1]] = node

    def _walk(self, path: str, *, follow: bool) -> tuple[list[str], Node | None]:
        if not path or len(path) > MAX_PATH:
            raise error(errno.ENAMETOOLONG if path else errno.ENOENT, path)
        is_folder_wanted = path.endswith(("/", "/.", "/.."))
        pending = _names(path)
        parts: list[str] = []
        nodes = [self.tree.root]
        links = 0
        while pending:
            name = pending.pop()
            if name == "..":
                del parts[-1:], nodes[max(1, len(nodes) - 1) :]
                continue
            child = self._child(nodes[-1], name, path)
            if child is None:
                if pending:
                    raise error(errno.ENOENT, path)
                return [*parts, name], None
            if child.is_link and (follow or pending or is_folder_wanted):
                links = self._count_link(links, child, path)
                pending.extend(_names(child.target))
                if child.target.startswith("/"):
                    parts, nodes = [], [self.tree.root]
                continue
            parts.append(name)
            nodes.append(child)
        return parts, self._ending(nodes[-1], path) if is_folder_wanted else nodes[-1]

    @staticmethod
    def _ending(node: Node, path: str) -> Node:
        if not node.is_folder:
            raise error(errno.ENOTDIR, path)
        return node

    @staticmethod
    def _count_link(links: int, child: Node, path: str) -> int:
        if links >= MAX_LINKS:
            raise error(errno.ELOOP, path)
        if not child.target:
            raise error(errno.ENOENT, path)
        return links + 1

    def _child(self, node: Node, name: str, path: str) -> Node | None:
        if not node.is_folder:
            raise error(errno.ENOTDIR, path)
        self._demand(node, SEARCH, path)
        if len(name.encode("utf-8", "surrogateescape")) > MAX_NAME:
            raise error(errno.ENAMETOOLONG, path)
        return node.entries.get(name)

    def _may(self, node: Node, wanted: int) -> bool:
        user = self.user
        if user.uid == ROOT:
            return wanted != SEARCH or node.is_folder or bool(node.mode & ANY_EXECUTE)
        if user.uid == node.uid:
            bits = node.mode >> 6
        elif node.gid == user.gid or node.gid in user.groups:
            bits = node.mode >> 3
        else:
            bits = node.mode
        return bits & wanted == wanted

    def _demand(self, node: Node, wanted: int, path: str) -> None:
        if not self._may(node, wanted):
            raise error(errno.EACCES, path)

    def _folder_of(self, parts: list[str], path: str) -> Node:
        if not parts:
            raise error(errno.EBUSY, path)
        parent = self.node("/" + "/".join(parts[:-1]))
        if callable(parent.content):
            raise error(errno.EPERM, path)
        self._demand(parent, WRITE, path)
        return self._own(parts[:-1])

    def _note(self, parts: list[str]) -> None:
        if self.journal is not None:
            self.journal.changed["/" + "/".join(parts)] = None

    def _own(self, parts: list[str]) -> Node:
        return self.tree.own(parts)

    def _add(self, parts: list[str], node: Node, path: str) -> Node:
        parent = self._folder_of(parts, path)
        self.tree.take(files=1)
        node.uid, node.gid, node.owner = self.user.uid, self.user.gid, self.tree
        parent.entries[parts[-1]] = node
        parent.modified = node.modified
        return node

    def _fill(self, node: Node, data: bytes, *, append: bool) -> None:
        old = bytearray(node.data) if not isinstance(node.content, bytearray) else node.content
        kept = len(old) if append else 0
        charged = len(node.content) if isinstance(node.content, bytearray) else 0
        self.tree.take(size=kept + len(data) - charged)
        if append:
            old += data
            node.content = old
        else:
            node.content = bytearray(data)
        node.modified = self._now()

    def _sticky(self, parts: list[str], node: Node, path: str) -> None:
        parent = self.node("/" + "/".join(parts[:-1]))
        if parent.mode & STICKY and self.user.uid not in (ROOT, node.uid, parent.uid):
            raise error(errno.EPERM, path)

    def _remove(self, parts: list[str], node: Node, path: str) -> None:
        parent = self._folder_of(parts, path)
        self._sticky(parts, node, path)
        if self.journal is not None and self.journal.changed.pop("/" + "/".join(parts), 0) is None:
            self.journal.removed("/" + "/".join(parts), node.data)
        del parent.entries[parts[-1]]
        parent.modified = self._now()
        if node.owner is self.tree:
            node.links -= 1
            if node.links <= 0:
                size = len(node.content) if isinstance(node.content, bytearray) else 0
                self.tree.take(size=-size, files=-1)

    def _replace(self, node: Node, replaced: Node, path: str) -> None:
        if replaced.is_folder and not node.is_folder:
            raise error(errno.EISDIR, path)
        if node.is_folder and not replaced.is_folder:
            raise error(errno.ENOTDIR, path)
        if replaced.is_folder:
            self.rmdir(path)
        else:
            self.unlink(path)

    def _owned_by_user(self, path: str) -> Node:
        parts, node = self._walk(path, follow=True)
        if node is None:
            raise error(errno.ENOENT, path)
        if self.user.uid not in (ROOT, node.uid):
            raise error(errno.EPERM, path)
        return self._own(parts)

    @staticmethod
    def _status(path: str, node: Node) -> Status:
        inode = int.from_bytes(hashlib.blake2b(path.encode("utf-8", "surrogateescape"), digest_size=3).digest()) + 131_072
        links = node.links
        if node.is_folder:
            links = 2 + sum(1 for child in node.entries.values() if child.is_folder)
        return Status(
            mode=node.mode,
            uid=node.uid,
            gid=node.gid,
            size=node.size,
            modified=node.modified,
            accessed=node.accessed,
            links=links,
            inode=inode if path != "/" else 2,
            device=node.device,
        )

    @staticmethod
    def _now() -> float:
        return time.time()
