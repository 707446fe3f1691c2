# SPDX-License-Identifier: MIT
"""What the configurator knows to be wrong with a host; it changes nothing. ``decnet doctor`` shows it."""

import grp
import json
import os
import pwd
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Concatenate, ParamSpec

from decnet.catalog import SERVICES, services_of
from decnet.errors import DecnetError
from decnet.install import accounts, migration, plan, services
from decnet.install.host import Host
from decnet.install.identity import Identity
from decnet.install.journal import Journal
from decnet.install.layout import DATA, GATE, PACKAGE_CONF, STAMP, STATE, STORE, TMPFILES
from decnet.install.placement import Kind, compare, proposal
from decnet.install.plan import Plan
from decnet.install.record import read
from decnet.install.render import unit_of
from decnet.remedy import quoted

BUILD = Path(sys.prefix) / "share" / "decnet" / "build.json"
_LINE_WORDS = 5
_DPKG_STATUS = "/var/lib/dpkg/status"
_DPKG_UPDATES = "/var/lib/dpkg/updates"
_FINISHED = {"installed", "config-files", "not-installed", "triggers-awaited", "triggers-pending"}
_UNPACKED = "dpkg was ended in the middle of the package, and some of its files may be missing"
_DATABASE = "decnet.db"
_STORE_FILES = {*(f"{_DATABASE}{end}" for end in ("", "-wal", "-shm", "-journal")), "migrate.lock"}
_MOST = 100_000
_DPKG = "dpkg --configure -a; where that refuses or finds nothing: apt-get install --reinstall decnet"
_APPLY = "decnet configure apply"


P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is not as it has to be; a grave one keeps decnet from working, ``is_half`` is an unfinished run."""

    message: str
    remedy: str
    is_grave: bool = True
    is_half: bool = False


Look = Callable[Concatenate[Host, P], Iterator[Problem]]


def _survived(look: Look[P]) -> Look[P]:
    """Let a look that breaks be a problem itself, so that the others have their turn."""

    @wraps(look)
    def looked(host: Host, /, *rest: P.args, **named: P.kwargs) -> Iterator[Problem]:
        try:
            yield from look(host, *rest, **named)
        except DecnetError as error:
            yield Problem(message=error.message, remedy=error.remedy)
        except (OSError, ValueError, LookupError) as error:
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            yield Problem(message=f"{look.__name__}: this could not be looked at: {reason}", remedy="")

    return looked


def is_installed(host: Host) -> bool:
    """Say whether this host is one that the configurator, or dpkg, looks after; a checkout alone is none."""
    return host.tree.look(PACKAGE_CONF) is not None or host.tree.look(STATE) is not None or is_left_by_dpkg(host)


def inspect(host: Host, build: Path = BUILD) -> Iterator[Problem]:
    """Yield everything that is wrong, what the rest may follow from first; only root sees all of it."""
    try:
        read(host.tree)
    except PermissionError:
        if is_left_by_dpkg(host):
            yield Problem(message=_UNPACKED, remedy=_DPKG, is_half=True)
        yield from built_for(host, build)
        yield Problem(message=f"{STATE} can only be read by root", remedy="sudo decnet doctor", is_grave=False)
        return
    yield from unfinished(host)
    yield from built_for(host, build)
    yield from stamp(host)
    try:
        found = plan.plan(host, {})
    except DecnetError as error:
        yield Problem(message=error.message, remedy=error.remedy)
        return
    yield from differences(host, found)
    yield from owners(host, found)
    yield from contents(host, found)
    yield from pending(host)
    yield from memberships(host, found)


@_survived
def unfinished(host: Host) -> Iterator[Problem]:
    """
    Find a run that did not end, an upgrade that did not, or both, with the one command that goes on.

    What else is wrong then mostly follows from it: files, owners and services are between what they were and what they will be.
    The gate goes when the power does; what dpkg has written down stays.
    """
    journal, gate, dpkg = Journal(host.tree), host.tree.look(GATE) is not None, is_left_by_dpkg(host)
    if not journal.is_open and not gate and not dpkg:
        return
    said = [f"the configuration stopped at the step {journal.step or 'before the first'}"] if journal.is_open else []
    if gate:
        said.append(f"an upgrade did not end: {GATE} holds back the services that open the store")
    yield Problem(message="; ".join(said) or _UNPACKED, remedy=_DPKG if dpkg else _APPLY, is_half=True)


def is_left_by_dpkg(host: Host) -> bool:
    """Say whether dpkg knows that it has not finished with the package: then it has to go on, and calls us itself."""
    files = [_DPKG_STATUS, *(f"{_DPKG_UPDATES}/{name}" for name in host.tree.names(_DPKG_UPDATES))]
    states = [state for file in files for state in _states(host.tree.outside(file))]
    return bool(states) and states[-1] not in _FINISHED


def _states(file: Path) -> Iterator[str]:
    """Yield what one of dpkg's files, which may be long and is root's, says of the package."""
    package = ""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("Package:"):
                    package = line.split()[-1]
                elif line.startswith("Status:") and package == "decnet":
                    yield line.split()[-1]
    except FileNotFoundError:
        return


@_survived
def stamp(host: Host) -> Iterator[Problem]:
    """Find a host whose store nobody can say the schema of: no other version of the package goes in there."""
    if host.tree.look(f"{STORE}/{_DATABASE}") is not None and migration.stamped(host) is None:
        yield Problem(message=f"{STAMP} does not say which schema the store has: upgrades are refused", remedy=_APPLY)


@_survived
def differences(host: Host, found: Plan) -> Iterator[Problem]:
    """Find what apply would write, and what somebody edited."""
    edited = [change for change in compare(host.tree, found.wanted) if change.kind == Kind.KEEP]
    for change in edited:
        yield Problem(
            message=f"{change.path} was edited and no longer follows package.conf",
            remedy=f"diff {change.path} {proposal(change.path)}",
            is_grave=False,
        )
    if not (found.is_empty or found.is_unfinished or found.lacks_store):
        yield Problem(message="this host is not what package.conf says", remedy="decnet configure diff; decnet configure apply")


@_survived
def owners(host: Host, found: Plan) -> Iterator[Problem]:
    """Find folders and logs whose owner, group or mode is not what tmpfiles.d says."""
    for words in _lines(found):
        yield from _owner(host, words[1], f"{words[3]}:{words[4]} {int(words[2], 8):04o}")


def _lines(found: Plan) -> Iterator[list[str]]:
    """Yield the words of the lines of tmpfiles.d that make folders and logs: how, where, mode, user, group."""
    text = next(entry.content.decode() for entry in found.wanted if entry.path == TMPFILES)
    for line in text.splitlines():
        words = line.replace("%l", os.uname().nodename.split(".")[0]).split()
        if len(words) >= _LINE_WORDS and words[0] in {"d", "f"}:
            yield words


@_survived
def contents(host: Host, found: Plan) -> Iterator[Problem]:
    """Find what a service cannot write in its own folders: with a disk of its own the store may have been passed over."""
    folders = {words[1]: (words[3], words[4]) for words in _lines(found)}
    for path, writers in _written(host, found.identity).items():
        user, group = folders.get(path, ("", ""))
        account = accounts.user(host.tree, user)
        if account is None:
            continue
        count = sum(state.st_uid != account.uid for state in _needed(host, path))
        if count:
            yield Problem(
                message=f"{count} of what is in {path} do not belong to {user}: {', '.join(writers)} cannot work with them",
                remedy=f"{_give(path, user, group)} && systemctl restart {' '.join(writers)}",
            )


def _give(folder: str, user: str, group: str) -> str:
    """
    Return the command that gives a folder's content to its account.

    By no path that the account could change meanwhile, and no file with a second name: that may be somebody else's, whom
    it would be taken from. Of the store only what it is made of.
    """
    names = " -o ".join(f"-name {name}" for name in sorted(_STORE_FILES))
    which = f"-maxdepth 1 \\( {names} \\)" if folder == STORE else "\\( -type d -o -links 1 \\)"
    return f"find {quoted(folder)} -xdev {which} ! -user {user} -execdir chown -h {user}:{group} {{}} +"


def _written(host: Host, identity: Identity) -> dict[str, list[str]]:
    """Return the folders of evidence and of plans that services write, with their units."""
    name = identity.host_name or os.uname().nodename.split(".")[0]
    found: dict[str, list[str]] = {}
    for service in services_of(identity.role):
        for folder in service.writes:
            path = f"{DATA}/{folder}" + (f"/{name}/{service.name}" if folder == "spool" else "")
            if host.tree.is_folder(path):
                found.setdefault(path, []).append(unit_of(service))
    return found


def _needed(host: Host, folder: str) -> Iterator[os.stat_result]:
    """Yield what is in a folder; of that of the store only what the store is made of: copies may be anybody's."""
    with host.tree.folder(folder) as descriptor, os.scandir(descriptor) as entries:
        for entry in islice(entries, _MOST):
            if folder != STORE or entry.name in _STORE_FILES:
                with suppress(FileNotFoundError):
                    yield os.stat(entry.name, dir_fd=descriptor, follow_symlinks=False)


def _owner(host: Host, path: str, wanted: str) -> Iterator[Problem]:
    """Compare one file with what it has to be."""
    remedy = "systemd-tmpfiles --create decnet.conf"
    state = host.tree.look(path)
    if state is None:
        yield Problem(message=f"{path} is missing", remedy=remedy)
        return
    user = _name(lambda: pwd.getpwuid(state.st_uid).pw_name, state.st_uid)
    group = _name(lambda: grp.getgrgid(state.st_gid).gr_name, state.st_gid)
    there = f"{user}:{group} {stat.S_IMODE(state.st_mode):04o}"
    if there != wanted:
        yield Problem(message=f"{path} is {there}, and has to be {wanted}", remedy=remedy)


def _name(look_up: Callable[[], str], number: int) -> str:
    """Return a name, or the number where it has none."""
    try:
        return look_up()
    except KeyError:
        return str(number)


@_survived
def memberships(host: Host, found: Plan) -> Iterator[Problem]:
    """Find groups that services would have beside their own, whoever made them members."""
    for name, group in accounts.others(host.tree, found.identity):
        units = services.units_of(service for service in SERVICES if found.identity.account(service.account) == name)
        restart = f"; systemctl try-restart {' '.join(units)}" if units else ""
        yield Problem(
            message=f"{name} is in the group {group}, too, and so are its services",
            remedy=f"gpasswd -d {name} {group}{restart}",
            is_grave=accounts.is_as_good_as_root(group),
        )


def built_for(host: Host, build: Path) -> Iterator[Problem]:
    """Find a package that was built for another release of the distribution: its interpreter gets no security updates here."""
    try:
        wanted = json.loads(build.read_text(encoding="utf-8"))["built_for"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    lines = (host.tree.text("/usr/lib/os-release") or host.tree.text("/etc/os-release") or "").splitlines()
    release = dict(line.replace('"', "").split("=", maxsplit=1) for line in lines if "=" in line)
    here = f"{release.get('ID', '')}-{release.get('VERSION_ID', '')}"
    if here not in {wanted, "-"}:
        yield Problem(
            message=f"this package was built for {wanted}, this host is {here}: its Python gets no updates here",
            remedy="name this release in the Suites: line of the sources of decnet, then: apt update && apt install decnet",
            is_grave=False,
        )


@_survived
def pending(host: Host) -> Iterator[Problem]:
    """Find services that still run the version before."""
    units = services.pending(host)
    if units:
        yield Problem(
            message=f"{', '.join(units)}: still the version before",
            remedy=f"systemctl restart {' '.join(units)}",
            is_grave=False,
        )
