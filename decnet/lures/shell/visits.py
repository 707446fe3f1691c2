# SPDX-License-Identifier: MIT
"""What attackers left on a decoy: who comes back soon finds his files, as on a real host."""

import time
from collections import OrderedDict
from contextlib import suppress
from typing import ClassVar

from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.machine import Machine

VISITORS = 512
BYTES = 96 << 20
SECONDS = 24 * 3600.0


class Visits:
    """
    The file systems of a decoy's last visitors, one for each address.

    They are bounded by age, and by number and bytes over all decoys of the process, whose memory they share.
    """

    _kept: ClassVar[OrderedDict[tuple[Machine, str], tuple[float, Filesystem]]] = OrderedDict()

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def filesystem(self, address: str) -> Filesystem:
        """Return root's view of what ``address`` sees of the decoy."""
        key = self._machine, address
        kept = self._kept.pop(key, None)
        fresh = kept is None or time.monotonic() - kept[0] > SECONDS
        filesystem = self._machine.new_filesystem() if kept is None or fresh else kept[1]
        self._kept[key] = (time.monotonic(), filesystem)
        self._forget()
        return filesystem

    def admit(self, address: str, username: str) -> Filesystem:
        """Return root's view for a visitor who logged in; an account that was planted exists in it."""
        filesystem = self.filesystem(address)
        with suppress(OSError):  # he deleted or filled what would hold it, and a real host would not mend that either
            self._machine.account(filesystem, username)
        return filesystem

    def _forget(self) -> None:
        """Drop the oldest beyond the bounds; the newest stays."""
        while len(self._kept) > 1 and (len(self._kept) > VISITORS or self._bytes() > BYTES):
            self._kept.popitem(last=False)

    def _bytes(self) -> int:
        """Return what all of them have changed."""
        return sum(filesystem.tree.used_bytes for _, filesystem in self._kept.values())
