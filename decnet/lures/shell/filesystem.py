# SPDX-License-Identifier: MIT
"""
A file system in memory: a copy-on-write view over the shared image of a decoy.

A session pays for what it changes, and what it may change is bounded: beyond the bound there is no space left on the
device. Errors are those of the kernel: ``OSError`` with the right number.
"""

import errno
import hashlib
import posixpath
from collections.abc import Iterator

from decnet.lures.shell.node import FILE, FOLDER, LINK, PERMISSIONS, Node
from decnet.lures.shell.resolution import MAX_PATH, Resolver
from decnet.lures.shell.volume import READ, ROOT, SEARCH, WRITE, Journal, Status, Tree, User, error


class Filesystem(Resolver):
    """
    What one user sees of a session's tree.

    Paths are absolute (a relative one begins at the root). Every method raises ``OSError`` as the kernel would.
    ``journal`` collects the files that were written through this view.
    """

    def bound(self, user: User, journal: Journal | None = None) -> "Filesystem":
        """Return a view of the same tree with the rights of ``user``."""
        view = Filesystem(self.tree, user, self.journal if journal is None else journal)
        view.umask = self.umask
        return view

    def resolve(self, path: str, cwd: str = "/", *, follow: bool = True) -> str:
        """Return the absolute path without links; the last name need not exist."""
        parts, _ = self._walk(posixpath.join(cwd, path), follow=follow)
        return "/" + "/".join(parts)

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

    def scan(self, path: str) -> Iterator[tuple[str, Status]]:
        """Yield the names in a folder, in the order of their bytes, with the status of each; links are not followed."""
        node, place = self.node(path), self.resolve(path)
        if not node.is_folder:
            raise error(errno.ENOTDIR, path)
        self._demand(node, READ, path)
        if self._may(node, SEARCH):
            for name, child in sorted(node.entries.items(), key=lambda entry: entry[0].encode("utf-8", "surrogateescape")):
                yield name, self._status(posixpath.join(place, name), child)

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
            node = self._add(parts, Node(FILE | mode & ~self.umask, bytearray(), self.tree.now()), path)
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
        self._add(parts, Node(FOLDER | mode & ~self.umask, {}, self.tree.now()), path)

    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link at ``path``."""
        parts, node = self._walk(path, follow=False)
        if node is not None:
            raise error(errno.EEXIST, path)
        if not target or len(target) > MAX_PATH:
            raise error(errno.ENAMETOOLONG if target else errno.ENOENT, path)
        self._add(parts, Node(LINK | 0o777, target, self.tree.now()), path)

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
        source.modified = self.tree.now()
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
        node.modified = self.tree.now()

    def _remove(self, parts: list[str], node: Node, path: str) -> None:
        parent = self._folder_of(parts, path)
        self._sticky(parts, node, path)
        if self.journal is not None and self.journal.changed.pop("/" + "/".join(parts), 0) is None:
            self.journal.removed("/" + "/".join(parts), node.data)
        del parent.entries[parts[-1]]
        parent.modified = self.tree.now()
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


__all__ = ["READ", "SEARCH", "WRITE", "Filesystem", "Journal", "Status", "Tree", "User"]
