# SPDX-License-Identifier: MIT
"""How a path becomes a node: links, rights, folders on the way."""

import errno

from decnet.lures.shell.node import Node
from decnet.lures.shell.volume import ROOT, SEARCH, WRITE, Journal, Tree, User, error

MAX_PATH = 4096
MAX_NAME = 255
MAX_LINKS = 40
STICKY = 0o1000
ANY_EXECUTE = 0o111


def _names(path: str) -> list[str]:
    """Return the names of a path, last first, without those that lead nowhere."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


class Resolver:
    """Finds nodes for one user of a tree, and checks what the user may."""

    def __init__(self, tree: Tree, user: User | None = None, journal: Journal | None = None) -> None:
        self.tree = tree
        self.user = user or User()
        self.journal = journal
        self.umask = 0o022

    def node(self, path: str, *, follow: bool = True) -> Node:
        """Return the node at ``path``; not to be changed by the caller."""
        _, node = self._walk(path, follow=follow)
        if node is None:
            raise error(errno.ENOENT, path)
        return node

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

    def _sticky(self, parts: list[str], node: Node, path: str) -> None:
        parent = self.node("/" + "/".join(parts[:-1]))
        if parent.mode & STICKY and self.user.uid not in (ROOT, node.uid, parent.uid):
            raise error(errno.EPERM, path)

    def _owned_by_user(self, path: str) -> Node:
        parts, node = self._walk(path, follow=True)
        if node is None:
            raise error(errno.ENOENT, path)
        if self.user.uid not in (ROOT, node.uid):
            raise error(errno.EPERM, path)
        return self._own(parts)
