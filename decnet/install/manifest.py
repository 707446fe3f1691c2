# SPDX-License-Identifier: MIT
"""
Which files the configurator wrote, so that it knows what somebody else changed and what it may take away.

``manifest`` is a plain list that a shell can read: ``SHA256 MODE PATH`` a line, MODE ``link`` for a link (the sum is that of
its target's name). ``manifest.next`` lists what a run that has not ended is about to write.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from decnet.install.layout import MANIFEST, MANIFEST_NEXT
from decnet.install.tree import Tree

_MODE = 0o600
LINK = "link"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file of ours: what has to be in it, or for a link where it leads."""

    path: str
    mode: int
    content: bytes
    is_link: bool = False

    @property
    def line(self) -> str:
        """The line of the manifest."""
        return f"{self.sum} {LINK if self.is_link else f'{self.mode:04o}'} {self.path}"

    @property
    def sum(self) -> str:
        """The sum of the content."""
        return hashlib.sha256(self.content).hexdigest()


def found(tree: Tree, path: str) -> str | None:
    """Return the sum of what is at a path, of a link that of its target; None where nothing is."""
    target = tree.target(path)
    if target is not None:
        return hashlib.sha256(target.encode()).hexdigest()
    content = tree.read(path)
    return None if content is None else hashlib.sha256(content).hexdigest()


def known(tree: Tree) -> dict[str, set[str]]:
    """Return the sums that are ours for each path, those of a run that did not end among them."""
    sums: dict[str, set[str]] = {}
    for name in (MANIFEST, MANIFEST_NEXT):
        for line in (tree.text(name) or "").splitlines():
            words = line.split(" ", maxsplit=2)
            if len(words) == len(("sum", "mode", "path")):
                sums.setdefault(words[2], set()).add(words[0])
    return sums


def announce(tree: Tree, entries: Iterable[Entry]) -> None:
    """Write down what is going to be written."""
    tree.write(MANIFEST_NEXT, _text(entries), _MODE)


def settle(tree: Tree) -> None:
    """Make what was announced the manifest."""
    tree.move(MANIFEST_NEXT, MANIFEST)


def _text(entries: Iterable[Entry]) -> bytes:
    """Return the manifest of these files."""
    return "".join(f"{entry.line}\n" for entry in sorted(entries, key=lambda entry: entry.path)).encode()
