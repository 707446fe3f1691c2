# SPDX-License-Identifier: MIT
"""
Who decnet is on a host: accounts, group, role, folders, and ``package.conf``, the file that is the truth about them.

The file is read by a maintainer script with sed as well, so its grammar is small: ``KEY=value`` a line, no quotes. Whatever
stands in it ends in units and rules that root obeys; nothing is taken that its own pattern does not allow.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import PurePosixPath
from typing import Any, Final

from decnet.catalog import ACCOUNTS, Role
from decnet.config.listening import parse as parse_listening
from decnet.errors import ConfigError

LINE: Final = re.compile(r"^(?P<key>[A-Z_]+)=(?P<value>[][A-Za-z0-9_.:/@-]*)$")
_MEANT: Final = re.compile(r"\s*(export\s+)?(?P<key>[A-Z_]+)\s*=")
LONGEST_NAME: Final = 31
"""What systemd-sysusers takes; utmp(5) has room for 32 bytes, of which one ends the name."""
INSTALL_DIR: Final = PurePosixPath("/opt/decnet")

_ROOM: Final = LONGEST_NAME - max(len(f"-{suffix}") for suffix in ACCOUNTS)
_NAME: Final = re.compile(r"[a-z_][a-z0-9_-]*")
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_FOLDER: Final = re.compile(r"(/[A-Za-z0-9_.@:+-]+)+")
_WORDS: Final = {"yes": True, "no": False}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """
    The identity of decnet on one host; valid once it exists, or ``ConfigError`` was raised.

    ``host_name`` empty follows the name of the machine. ``install_dir`` holds the programs and ``venv_dir`` the virtual
    environment; a package has both in the same place.
    """

    user: str = "decnet"
    group: str = "decnet"
    role: Role = Role.MASTER
    docker: bool = False
    web_listen: str = "127.0.0.1:8443"
    host_name: str = ""
    start: bool = True
    restart_on_upgrade: bool = True
    skip_backup: bool = False
    force_upgrade: bool = False
    install_dir: PurePosixPath = INSTALL_DIR
    venv_dir: PurePosixPath = INSTALL_DIR

    def __post_init__(self) -> None:
        """Refuse what must not reach a rendered file."""
        _check_name("user", self.user, room=_ROOM)
        _check_name("group", self.group, room=LONGEST_NAME)
        if self.group in self.isolated_accounts.values():
            raise _refusal("group", self.group, "this is the group of an account that must stay alone")
        if self.host_name and not _HOST_NAME.fullmatch(self.host_name):
            raise _refusal("host name", self.host_name, "letters, digits and hyphens, at most 63")
        _check_listen(self.web_listen)
        for what in ("install_dir", "venv_dir"):
            _check_folder(what.replace("_", " "), getattr(self, what))

    @property
    def decoys_user(self) -> str:
        """The account that faces the attackers."""
        return self.account("decoys")

    @property
    def isolated_accounts(self) -> dict[str, str]:
        """The accounts that are no members of the group, by suffix."""
        return {suffix: f"{self.user}-{suffix}" for suffix in ACCOUNTS}

    def account(self, suffix: str) -> str:
        """Return the account of a catalogue row: the user itself, or one of the isolated ones."""
        return self.isolated_accounts[suffix] if suffix else self.user

    def group_of(self, suffix: str) -> str:
        """Return the primary group of a catalogue row's account."""
        return self.isolated_accounts[suffix] if suffix else self.group


def pinned_name(machine: str) -> str:
    """Return the host name to write down for a machine of this name: none where it can be followed as it is."""
    first = machine.split(".", maxsplit=1)[0]
    if _HOST_NAME.fullmatch(first):
        return ""
    return re.sub(r"[^A-Za-z0-9-]", "-", first)[:63].strip("-") or "localhost"


def parse(text: str) -> tuple[dict[str, str], list[str]]:
    """
    Return the values of ``package.conf`` by key, and a warning for each line that is none; the last one of a key counts.

    Raises ``ConfigError`` for a line that names a key of ours and is no such line: the default instead of what somebody meant
    to write would be another identity.
    """
    values: dict[str, str] = {}
    warnings = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.match(line)
        meant = _MEANT.match(line)
        if not found and meant and meant["key"] in KEYS:
            raise ConfigError(
                f"line {number} of package.conf is not {meant['key']}=VALUE, without spaces, quotes or a comment: {line!r}",
                remedy="write that line anew in /etc/decnet/package.conf, then run: decnet configure apply",
            )
        if not found:
            warnings.append(f"line {number} is ignored: it is not KEY=value")
        elif found["key"] not in KEYS:
            warnings.append(f"line {number} is ignored: there is no key {found['key']}")
        else:
            values[found["key"]] = found["value"]
    return values, warnings


def from_values(values: Mapping[str, str], base: Identity | None = None) -> Identity:
    """Return ``base`` (none: the defaults) with the values of these keys; an empty value means the default."""
    base = base or Identity()
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in KEYS:
            raise ConfigError(f"there is no key {key}", remedy=f"one of: {', '.join(KEYS)}")
        field, convert, _ = KEYS[key]
        changes[field] = convert(key, value) if value else _DEFAULTS[field]
    return replace(base, **changes)


def values_of(identity: Identity) -> dict[str, str]:
    """Return what ``package.conf`` says about an identity; a folder or a name that is the default is left out."""
    values = {}
    for key, (field, _, _) in KEYS.items():
        value = getattr(identity, field)
        if field in _SELDOM and value == _DEFAULTS[field]:
            continue
        values[key] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return values


def written(identity: Identity, text: str = "") -> str:
    """Return ``package.conf`` with the values of ``identity``; comments, order and unknown lines of ``text`` stay."""
    values = values_of(identity)
    lines = []
    for line in text.splitlines() or HEAD.splitlines():
        found = LINE.match(line)
        if not found or found["key"] not in KEYS:
            lines.append(line)
        elif found["key"] in values:
            lines.append(f"{found['key']}={values.pop(found['key'])}")
    lines += [f"{key}={value}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


HEAD = """\
# The identity of decnet on this host. Change it with: decnet configure set KEY=VALUE
# or edit it and run: decnet configure apply
"""


def _text(_: str, value: str) -> str:
    """Take a value as it is."""
    return value


def _switch(key: str, value: str) -> bool:
    """Return yes or no as a truth value."""
    if value not in _WORDS:
        raise ConfigError(f"{key}={value} is neither yes nor no", remedy=f"decnet configure set {key}=no")
    return _WORDS[value]


def _role(key: str, value: str) -> Role:
    """Return a role."""
    try:
        return Role(value)
    except ValueError:
        names = ", ".join(Role)
        raise ConfigError(f"{key}={value} is no role", remedy=f"decnet configure set {key}= one of: {names}") from None


def _folder(_: str, value: str) -> PurePosixPath:
    """Return a path."""
    return PurePosixPath(value)


KEYS: Final[Mapping[str, tuple[str, Callable[[str, str], Any], str]]] = {
    "DECNET_ROLE": ("role", _role, "what this host is: master or agent"),
    "DECNET_USER": ("user", _text, "the account of the services; two more are named after it"),
    "DECNET_GROUP": ("group", _text, "the group of the services, and of the people who may start and stop them"),
    "DECNET_DOCKER": ("docker", _switch, "yes lets the agent talk to Docker, which makes it as mighty as root"),
    "DECNET_WEB_LISTEN": (
        "web_listen",
        _text,
        "where the dashboard listens; the port has to be 1024 or above",
    ),
    "DECNET_START": ("start", _switch, "no leaves the services stopped after the installation"),
    "DECNET_RESTART_ON_UPGRADE": ("restart_on_upgrade", _switch, "no leaves the old programs running after an upgrade"),
    "DECNET_SKIP_BACKUP": ("skip_backup", _switch, "yes makes no copy of the store before a migration"),
    "DECNET_FORCE_UPGRADE": (
        "force_upgrade",
        _switch,
        "yes lets an older package in whose programs cannot read the store, and looks at no free space before",
    ),
    "DECNET_HOST_NAME": ("host_name", _text, "the name of this host in every record; empty: that of the machine"),
    "DECNET_INSTALL_DIR": ("install_dir", _folder, "where the programs are, without a package"),
    "DECNET_VENV_DIR": ("venv_dir", _folder, "the virtual environment, without a package"),
}
"""Every key of ``package.conf``: the field it sets, how its value is read, what it means."""

_DEFAULTS: Final = {field.name: field.default for field in fields(Identity)}
_SELDOM: Final = ("host_name", "install_dir", "venv_dir")


def _check_name(what: str, name: str, *, room: int) -> None:
    """Raise ``ConfigError`` for a name that no account or group may have."""
    if not _NAME.fullmatch(name):
        raise _refusal(what, name, "a small letter or _, then small letters, digits, _ and -")
    if len(name) > room:
        raise _refusal(what, name, f"at most {room} characters")
    if name == "root":
        raise _refusal(what, name, "decnet never runs as root")


def _check_listen(value: str) -> None:
    """Raise ``ConfigError`` for what is no address and port; a name is none, as it may mean another address tomorrow."""
    try:
        parse_listening(value)
    except ValueError:
        rule = "ADDRESS:PORT, such as 127.0.0.1:8443 or [::1]:8443, the port up to 65535"
        raise _refusal("address to listen on", value, rule) from None


def _check_folder(what: str, folder: PurePosixPath) -> None:
    """Raise ``ConfigError`` for a folder that cannot stand in a unit."""
    if not _FOLDER.fullmatch(str(folder)) or ".." in folder.parts:
        raise _refusal(what, str(folder), "an absolute path of letters, digits and _.@:+-")


def _refusal(what: str, value: str, rule: str) -> ConfigError:
    """Return the error for a value that is not allowed."""
    key = "DECNET_" + {"address to listen on": "WEB_LISTEN"}.get(what, what.upper().replace(" ", "_"))
    return ConfigError(f"{value!r} cannot be the {what}: {rule}", remedy=f"decnet configure set {key}=VALUE")
