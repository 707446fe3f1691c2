# SPDX-License-Identifier: MIT
"""The accounts of a machine, read from its /etc/passwd and /etc/group as a session sees them."""

from dataclasses import dataclass

from decnet.lures.shell.filesystem import Filesystem, User

PASSWD, GROUP, SHADOW = "/etc/passwd", "/etc/group", "/etc/shadow"
_PASSWD_FIELDS, _GROUP_FIELDS = 7, 4


@dataclass(frozen=True, slots=True)
class Account:
    """A line of /etc/passwd."""

    name: str
    uid: int
    gid: int
    comment: str
    home: str
    shell: str

    @property
    def line(self) -> str:
        """The line of /etc/passwd."""
        return f"{self.name}:x:{self.uid}:{self.gid}:{self.comment}:{self.home}:{self.shell}"


@dataclass(frozen=True, slots=True)
class Group:
    """A line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The line of /etc/group."""
        return f"{self.name}:x:{self.gid}:{','.join(self.members)}"


class Accounts:
    """Looks accounts up; ``filesystem`` is root's view of the session."""

    def __init__(self, filesystem: Filesystem) -> None:
        self._filesystem = filesystem

    def all(self) -> list[Account]:
        """Return all accounts, in the order of the file."""
        return [account for line in self._lines(PASSWD) if (account := _account(line)) is not None]

    def groups(self) -> list[Group]:
        """Return all groups, in the order of the file."""
        return [group for line in self._lines(GROUP) if (group := _group(line)) is not None]

    def by_name(self, name: str) -> Account | None:
        """Return an account by its name."""
        return next((account for account in self.all() if account.name == name), None)

    def by_uid(self, uid: int) -> Account | None:
        """Return an account by its number."""
        return next((account for account in self.all() if account.uid == uid), None)

    def user_name(self, uid: int) -> str:
        """Return the name of a number, or the number."""
        account = self.by_uid(uid)
        return account.name if account else str(uid)

    def group_name(self, gid: int) -> str:
        """Return the name of a group's number, or the number."""
        return next((group.name for group in self.groups() if group.gid == gid), str(gid))

    def groups_of(self, account: Account) -> list[Group]:
        """Return the groups of an account, the first one first."""
        groups = self.groups()
        first = [group for group in groups if group.gid == account.gid] or [Group(str(account.gid), account.gid)]
        return first + [group for group in groups if account.name in group.members and group.gid != account.gid]

    def user(self, account: Account) -> User:
        """Return the rights of an account."""
        return User(account.uid, account.gid, frozenset(group.gid for group in self.groups_of(account)))

    def replace_line(self, path: str, name: str, line: str | None) -> None:
        """Replace, add or (``None``) remove the line of ``name``."""
        kept = [old for old in self._lines(path) if old.split(":", 1)[0] != name]
        position = next((i for i, old in enumerate(self._lines(path)) if old.split(":", 1)[0] == name), len(kept))
        if line is not None:
            kept.insert(position, line)
        self._filesystem.write(path, ("\n".join(kept) + "\n").encode("utf-8", "surrogateescape"))

    def shadow_line(self, name: str) -> str | None:
        """Return the line of /etc/shadow of ``name``."""
        return next((line for line in self._lines(SHADOW) if line.split(":", 1)[0] == name), None)

    def _lines(self, path: str) -> list[str]:
        try:
            return self._filesystem.read(path).decode("utf-8", "surrogateescape").splitlines()[:2000]
        except OSError:
            return []


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 10 else None


def _account(line: str) -> Account | None:
    fields = line.split(":")
    if len(fields) != _PASSWD_FIELDS:
        return None
    uid, gid = _number(fields[2]), _number(fields[3])
    return None if uid is None or gid is None else Account(fields[0], uid, gid, fields[4], fields[5], fields[6])


def _group(line: str) -> Group | None:
    fields = line.split(":")
    if len(fields) != _GROUP_FIELDS or (gid := _number(fields[2])) is None:
        return None
    return Group(fields[0], gid, tuple(name for name in fields[3].split(",") if name))
