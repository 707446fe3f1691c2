# SPDX-License-Identifier: MIT
"""Users and groups: looked up on the host or in an image, made by systemd-sysusers, left when they are not ours any more."""

import grp
import pwd
from collections.abc import Iterable
from dataclasses import dataclass

from decnet.host.process import CommandFailed, check
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.identity import Identity
from decnet.install.journal import Journal
from decnet.install.record import Record, read
from decnet.install.tree import Tree

_PASSWD_FIELDS = 7
_GROUP_FIELDS = 4
_ROOT_EQUIVALENT = {
    "docker": "whoever reaches Docker can become root",
    "lxd": "whoever reaches LXD can become root",
    "sudo": "its members become root with sudo, and would also control decnet",
    "wheel": "its members become root, and would also control decnet",
    "disk": "its members read and write every disk",
    "shadow": "its members read the passwords of this host",
}
_NOBODY = 65534
_FIRST_PERSON = 1000
_LOCKED = "1"  # the day in 1970 on which an account that we locked expired
_SHADOW_FIELDS = 9
_SHADOW_EXPIRES = 7
_WIDE = {"adm": "its members, who read logs, would start and stop services and see who did what when; the rest takes root"}


@dataclass(frozen=True, kw_only=True)
class User:
    """An account."""

    name: str
    uid: int
    gid: int


def user(tree: Tree, name: str) -> User | None:
    """Return an account: of the running system wherever it comes from, of an image from its own file."""
    if tree.is_host:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            return None
        return User(name=name, uid=found.pw_uid, gid=found.pw_gid)
    row = _row(tree, "/etc/passwd", name, _PASSWD_FIELDS)
    return User(name=name, uid=int(row[2]), gid=int(row[3])) if row else None


def gid(tree: Tree, name: str) -> int | None:
    """Return the number of a group; None where there is none."""
    if tree.is_host:
        try:
            return grp.getgrnam(name).gr_gid
        except KeyError:
            return None
    row = _row(tree, "/etc/group", name, _GROUP_FIELDS)
    return int(row[2]) if row else None


def is_member(tree: Tree, user_name: str, group: str) -> bool:
    """Say whether an account is listed as a member of a local group."""
    row = _row(tree, "/etc/group", group, _GROUP_FIELDS)
    return row is not None and user_name in row[3].split(",")


def _row(tree: Tree, path: str, name: str, fields: int) -> list[str] | None:
    """Return the line of a name in a file of accounts."""
    for line in (tree.text(path) or "").splitlines():
        words = line.split(":")
        if len(words) == fields and words[0] == name:
            return words
    return None


def examine(host: Host, identity: Identity) -> None:
    """Refuse the accounts that must not run services; say what a group gives away."""
    for name in (identity.user, *identity.isolated_accounts.values()):
        found = user(host.tree, name)
        if found is not None:
            _examine_account(host, found)
        if name != identity.user and is_member(host.tree, name, identity.group):
            raise InvalidError(
                f"{name} faces attackers and must not be a member of {identity.group}",
                remedy=host.command("gpasswd", "-d", name, identity.group),
            )
    if gid(host.tree, identity.group) == 0:
        raise InvalidError(f"the group {identity.group} is root's group (gid 0)", remedy="choose another group")
    if identity.docker and gid(host.tree, "docker") is None:
        raise InvalidError(
            "there is no group docker on this host, and no service starts with a group that is missing",
            remedy=f"{host.command('apt-get', 'install', 'docker.io')}; or: decnet configure set DECNET_DOCKER=no",
        )
    reason = {**_ROOT_EQUIVALENT, **_WIDE}.get(identity.group)
    if reason:
        what = "is as good as root" if identity.group in _ROOT_EQUIVALENT else "is a wide choice"
        host.say(f"warning: the group {identity.group} {what}: {reason}")


def _examine_account(host: Host, found: User) -> None:
    """Refuse an account that is root or stands for nobody; say the first time whose place the services take."""
    if found.uid in {0, _NOBODY}:
        who = "root under another name" if found.uid == 0 else "what everybody becomes who is nobody here"
        raise InvalidError(f"the account {found.name} is {who} (uid {found.uid})", remedy="choose another user")
    before = read(host.tree)
    if before is not None and found.name in {before.identity.user, *before.identity.isolated_accounts.values()}:
        return
    shares = "the services could do what it may, and it what they may"
    if found.uid >= _FIRST_PERSON:
        host.say(f"warning: {found.name} is the account of a person (uid {found.uid}): {shares}")
    elif not _is_ours(host.tree, found.name, before):
        host.say(f"warning: the account {found.name} (uid {found.uid}) was not made for decnet: {shares}")


def _is_ours(tree: Tree, name: str, before: Record | None) -> bool:
    """Say whether we made an account: now, in a run that did not end, or before a purge that locked it."""
    created = (before.created if before else frozenset()) | frozenset(Journal(tree).facts("created"))
    return name in created or is_locked(tree, name)


def is_locked(tree: Tree, name: str) -> bool:
    """Say whether a purge of ours locked an account; who may not read the file of passwords does not know of any."""
    try:
        row = _row(tree, "/etc/shadow", name, _SHADOW_FIELDS)
    except PermissionError:
        return False
    found = user(tree, name)
    is_system = found is not None and 0 < found.uid < _FIRST_PERSON
    return is_system and row is not None and row[1].startswith("!") and row[_SHADOW_EXPIRES] == _LOCKED


def others(tree: Tree, identity: Identity) -> list[tuple[str, str]]:
    """Return the groups, each behind the account that is in it, that the services have and that are not theirs."""
    names = (identity.user, *identity.isolated_accounts.values())
    pairs = [(name, group) for name in names for group in _groups_of(tree, name)]
    return [pair for pair in pairs if " ".join(pair) != _pair(identity)]


def is_as_good_as_root(group: str) -> bool:
    """Say whether who is in a group can become root."""
    return group in _ROOT_EQUIVALENT


def missing(tree: Tree, identity: Identity) -> list[str]:
    """Return what systemd-sysusers has to make: accounts, the group, the membership."""
    names = (identity.user, *identity.isolated_accounts.values())
    wanted = [f"user {name}" for name in names if user(tree, name) is None or is_locked(tree, name)]
    if gid(tree, identity.group) is None:
        wanted.append(f"group {identity.group}")
    if not _belongs(tree, identity):
        wanted.append(f"member {identity.user} {identity.group}")
    return wanted


def _belongs(tree: Tree, identity: Identity) -> bool:
    """Say whether the user is in the group, by its account or as a member."""
    found, number = user(tree, identity.user), gid(tree, identity.group)
    if found is None or number is None:
        return False
    if found.gid == number or is_member(tree, identity.user, identity.group):
        return True
    return tree.is_host and identity.user in grp.getgrgid(number).gr_mem


def make(host: Host, text: str) -> None:
    """Make the accounts that lines of sysusers.d(5) describe; those that exist stay as they are, but that we locked."""
    host.program("systemd-sysusers", "-", given=text)
    for name in (line.split()[1] for line in text.splitlines() if line.startswith("u ")):
        if is_locked(host.tree, name):
            check(("usermod", *_prefix(host.tree), "--expiredate", "", name))


def numbers(tree: Tree, identity: Identity) -> tuple[dict[str, int], dict[str, int]]:
    """Return the user and the group numbers of an identity by their place in it; raise where an account is missing."""
    uids, gids = {}, {}
    for place, name in {"user": identity.user, **identity.isolated_accounts}.items():
        found = user(tree, name)
        if found is None or found.uid == 0:
            raise InvalidError(f"there is no account {name} that services could run as", remedy=f"getent passwd {name}")
        uids[place] = found.uid
        if place != "user":
            gids[place] = found.gid
    number = gid(tree, identity.group)
    if not number:
        raise InvalidError(f"there is no group {identity.group}", remedy=f"getent group {identity.group}")
    gids["group"] = number
    return uids, gids


def expected(tree: Tree, identity: Identity) -> tuple[dict[str, int], dict[str, int]]:
    """Return what ``numbers`` will say: what does not exist yet gets a number that nobody has."""
    uids, gids, nobody = {}, {}, 0
    for place, name in {"user": identity.user, **identity.isolated_accounts}.items():
        found, nobody = user(tree, name), nobody - 1
        uids[place] = found.uid if found else nobody
        if place != "user":
            gids[place] = found.gid if found else nobody
    number = gid(tree, identity.group)
    gids["group"] = nobody - 1 if number is None else number
    return uids, gids


def leave(host: Host, before: Record, identity: Identity) -> None:
    """End the memberships that we made and that this identity does not have."""
    end(host, before.joined - {_pair(identity)})


def unwanted(tree: Tree, joined: Iterable[str], identity: Identity) -> list[str]:
    """Return the memberships that we made, that this identity does not have, and that were not ended."""
    return sorted(pair for pair in joined if pair != _pair(identity) and is_member(tree, *pair.split(" ")))


def end(host: Host, pairs: Iterable[str]) -> None:
    """End memberships, ``user group``; those that there are no more are passed over."""
    for user_name, group in sorted(tuple(pair.split(" ")) for pair in pairs):
        if is_member(host.tree, user_name, group):
            remove_member(host, user_name, group)


def _pair(identity: Identity) -> str:
    """Return the membership that an identity has."""
    return f"{identity.user} {identity.group}"


def _prefix(tree: Tree) -> tuple[str, ...]:
    """Return what tells the programs of accounts about the root of an image."""
    return () if tree.is_host else ("--prefix", str(tree.root))


def remove_member(host: Host, user_name: str, group: str) -> None:
    """Take an account out of a local group."""
    groups = [name for name in _groups_of(host.tree, user_name) if name != group]
    try:
        check(("usermod", *_prefix(host.tree), "--groups", ",".join(groups), user_name))
    except CommandFailed as error:
        host.say(f"warning: {user_name} is still a member of {group}: {error.message}")


def lock(host: Host, names: Iterable[str]) -> None:
    """Lock accounts for ever: a number that is used again would own the files of the old one."""
    for name in names:
        if user(host.tree, name) is not None:
            try:
                check(("usermod", *_prefix(host.tree), "--lock", "--expiredate", _LOCKED, name))
            except CommandFailed as error:
                host.say(f"warning: the account {name} could not be locked: {error.message}")


def _groups_of(tree: Tree, user_name: str) -> list[str]:
    """Return the local groups that list an account."""
    rows = (line.split(":") for line in (tree.text("/etc/group") or "").splitlines())
    return [row[0] for row in rows if len(row) == _GROUP_FIELDS and user_name in row[3].split(",")]
