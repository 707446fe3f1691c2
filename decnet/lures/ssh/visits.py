# SPDX-License-Identifier: MIT
"""What attackers left on a decoy: who comes back soon finds his files, as on a real host."""

import time
from collections import OrderedDict

from decnet.lures.shell.accounts import PASSWD, Accounts
from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.machine import Machine

VISITORS = 64
BYTES = 96 << 20
SECONDS = 24 * 3600.0
_FIRST_UID = 1000


class Visits:
    """The file systems of the last visitors, one for each address, bounded by number, age and bytes."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._kept: OrderedDict[str, tuple[float, Filesystem]] = OrderedDict()

    def filesystem(self, address: str) -> Filesystem:
        """Return root's view of what ``address`` sees of the decoy."""
        kept = self._kept.pop(address, None)
        fresh = kept is None or time.monotonic() - kept[0] > SECONDS
        filesystem = self._machine.new_filesystem() if kept is None or fresh else kept[1]
        self._kept[address] = (time.monotonic(), filesystem)
        self._forget()
        return filesystem

    def _forget(self) -> None:
        """Drop the oldest beyond the bounds; the newest stays."""
        while len(self._kept) > 1 and (len(self._kept) > VISITORS or self._bytes() > BYTES):
            self._kept.popitem(last=False)

    def _bytes(self) -> int:
        """Return what all of them have changed."""
        return sum(filesystem.tree.used_bytes for _, filesystem in self._kept.values())


def ensure_account(filesystem: Filesystem, username: str) -> None:
    """Add an account with a home to the file system where the planted one is not there yet."""
    if not username or set(username) & set(":\n\0/"):
        return
    try:
        _add_account(filesystem, username)
    except OSError:
        return  # he deleted or filled what would hold it, and a real host would not mend that either


def _add_account(filesystem: Filesystem, username: str) -> None:
    """Write the account, its group and its home."""
    accounts = Accounts(filesystem)
    if accounts.by_name(username):
        return
    uid = max([account.uid for account in accounts.all() if _FIRST_UID <= account.uid < 60000], default=_FIRST_UID - 1) + 1  # noqa: PLR2004 - UID_MAX of login.defs
    home = f"/home/{username}"
    filesystem.write(PASSWD, f"{username}:x:{uid}:{uid}::{home}:/bin/bash\n".encode("utf-8", "surrogateescape"), append=True)
    filesystem.write("/etc/group", f"{username}:x:{uid}:\n".encode("utf-8", "surrogateescape"), append=True)
    for folder in ("/home", home):
        if not filesystem.exists(folder):
            filesystem.mkdir(folder, 0o755)
    filesystem.chown(home, uid, uid)
