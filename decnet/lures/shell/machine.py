# SPDX-License-Identifier: MIT
"""
What all sessions of one decoy share.

The image is built once and shared; a session's file system copies what it changes.
"""

import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from decnet.domain.persona import Decoy
from decnet.lures.shell.accounts import GROUP, PASSWD, SHADOW, Account, Accounts
from decnet.lures.shell.facts import DAY, Facts
from decnet.lures.shell.filesystem import Filesystem, Tree
from decnet.lures.shell.image import build
from decnet.lures.shell.node import Node
from decnet.lures.shell.process import Process
from decnet.lures.shell.processes import boot_processes, proc_folder
from decnet.lures.shell.text.shares import home_files

FIRST_USER = 1000
MACHINES: "WeakValueDictionary[str, Machine]" = WeakValueDictionary()
"""The machines of this process by the name of their decoy, as long as a lure has them."""


def machine_of(decoy: Decoy) -> "Machine":
    """Return the machine of a decoy: one for all its lures, so that a file that came by one of them is seen by the others."""
    machine = MACHINES.get(decoy.name)
    if machine is None or machine.decoy != decoy:
        machine = MACHINES[decoy.name] = Machine(decoy)
    return machine


class Machine(Facts):
    """The machine that a decoy pretends to be."""

    def __init__(self, decoy: Decoy, now: Callable[[], float] = time.time) -> None:
        super().__init__(decoy, now)
        self._root: Node | None = None
        self._processes: list[Process] | None = None

    @property
    def processes(self) -> list[Process]:
        """The processes that run without anybody being logged in."""
        if self._processes is None:
            self._processes = boot_processes(self)
        return self._processes

    def new_filesystem(self) -> Filesystem:
        """Return a file system of its own for one session, as root sees it."""
        if self._root is None:
            self._root = build(self)
        filesystem = Filesystem(Tree(self._root, now=self.now))
        filesystem.mount("/proc", proc_folder(self, lambda: self.processes))
        return filesystem

    def account(self, filesystem: Filesystem, username: str) -> Account:
        """Return the account called ``username``; it is made in this file system where there is none."""
        accounts = Accounts(filesystem)
        found = accounts.by_name(username)
        if found is not None:
            return found
        name = "".join(char for char in username if char.isalnum() or char in "_-.")[:32] or "user"
        taken = {account.uid for account in accounts.all()}
        uid = next(uid for uid in range(FIRST_USER, FIRST_USER + len(taken) + 2) if uid not in taken)
        account = Account(name, uid, uid, ",,,", f"/home/{name}", "/bin/bash")
        if accounts.by_name(name) is None:
            self.add_account(filesystem, account)
        return account

    def add_account(self, filesystem: Filesystem, account: Account, hashed: str = "!", made_at: float = 0.0) -> None:
        """Write an account, its group and its home into a session's file system."""
        accounts = Accounts(filesystem)
        accounts.replace_line(PASSWD, account.name, account.line)
        accounts.replace_line(GROUP, account.name, f"{account.name}:x:{account.gid}:")
        days = int(self.installed_at // DAY)
        accounts.replace_line(SHADOW, account.name, f"{account.name}:{hashed}:{days}:0:99999:7:::")
        if filesystem.exists(account.home) or not filesystem.exists("/etc/skel"):
            return
        filesystem.mkdir(account.home, 0o755)
        for name in filesystem.listdir("/etc/skel"):
            filesystem.write(f"{account.home}/{name}", filesystem.read(f"/etc/skel/{name}"))
        kept = home_files(self, account.name) if "ftp" in self.persona.software else {}
        for name, (content, _) in kept.items():
            filesystem.write(f"{account.home}/{name}", content.encode())
        for path in (account.home, *(f"{account.home}/{name}" for name in filesystem.listdir(account.home))):
            filesystem.utime(path, made_at or self.installed_at + 3 * DAY)
            filesystem.chown(path, account.uid, account.gid)
        for name, (_, at) in kept.items():
            filesystem.utime(f"{account.home}/{name}", at)

    def shell_variables(self, uid: int) -> dict[str, str]:
        """Return what bash sets by itself."""
        return {
            "BASH": "/bin/bash",
            "BASH_VERSION": self.release.bash,
            "HOSTNAME": self.hostname,
            "HOSTTYPE": self.persona.architecture,
            "MACHTYPE": self.triplet if self.is_board else f"{self.persona.architecture}-pc-linux-gnu",
            "OSTYPE": "linux-gnu",
            "UID": str(uid),
            "EUID": str(uid),
            "OPTIND": "1",
        }
