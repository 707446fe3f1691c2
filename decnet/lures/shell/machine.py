# SPDX-License-Identifier: MIT
"""What all sessions of one decoy share."""

import stat
import time

from decnet.domain.persona import Decoy
from decnet.lures.shell.filesystem import Filesystem, Tree
from decnet.lures.shell.node import Node


class Machine:
    """The machine that a decoy pretends to be."""

    def __init__(self, decoy: Decoy) -> None:
        self.decoy = decoy
        self._root = Node(stat.S_IFDIR | 0o755, {}, time.time())

    def new_filesystem(self) -> Filesystem:
        """Return a file system of its own for one session."""
        return Filesystem(Tree(self._root))
