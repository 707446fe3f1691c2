# SPDX-License-Identifier: MIT
"""A session without a socket, and a small file system, for the parts below the connection."""

import stat

from decnet.domain.evidence import Endpoint, Origin
from decnet.lures.lure import Session
from decnet.lures.shell.filesystem import Filesystem, Tree
from decnet.lures.shell.node import Node
from decnet.lures.shell.transfer import Place, place_of
from tests.support.lures import MemoryPen

NOW = 1_795_406_700.25


def session(pen: MemoryPen) -> Session:
    """Return a session that writes with ``pen``."""
    end = Endpoint(address="192.0.2.1", port=1)
    origin = Origin(decoy="files01", lure="ssh", session="s", peer=end, local=end)
    return Session(connection=None, origin=origin, pen=pen, idle_seconds=1, byte_limit=1)  # type: ignore[arg-type]  # no socket is needed


def filesystem() -> Filesystem:
    """Return root's view of a file system with two accounts."""
    files = Filesystem(Tree(Node(stat.S_IFDIR | 0o755, {}, NOW), now=lambda: NOW))
    for folder in ("/etc", "/root", "/tmp", "/home", "/home/eve"):
        files.mkdir(folder)
    files.chmod("/tmp", 0o1777)
    files.chown("/home/eve", 1000, 1000)
    files.write("/etc/passwd", b"root:x:0:0:root:/root:/bin/bash\neve:x:1000:1000::/home/eve:/bin/sh\n")
    files.write("/etc/group", b"root:x:0:\neve:x:1000:\n")
    return files


def place(username: str = "root") -> Place:
    """Return where ``username`` works."""
    return place_of(filesystem(), username)
