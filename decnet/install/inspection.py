# SPDX-License-Identifier: MIT
"""What the configurator knows to be wrong with a host; it changes nothing. ``decnet doctor`` shows it."""

import grp
import json
import os
import pwd
import re
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from decnet.catalog import SERVICES
from decnet.errors import DecnetError
from decnet.install import accounts, plan, services
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.layout import GATE, PACKAGE_CONF, STATE, TMPFILES
from decnet.install.placement import Kind, compare, proposal
from decnet.install.plan import Plan
from decnet.install.record import read

BUILD = Path(sys.prefix) / "share" / "decnet" / "build.json"
_LINE_WORDS = 5
_DPKG_STATUS = "/var/lib/dpkg/status"
_DPKG_UPDATES = "/var/lib/dpkg/updates"
_DPKG_STATE = re.compile(r"^Package: decnet\n(?:(?!\n\n).)*?^Status: \S+ \S+ (\S+)$", re.MULTILINE | re.DOTALL)
_DPKG = "dpkg --configure -a; where that refuses or finds nothing: apt-get install --reinstall decnet"
_APPLY = "decnet configure apply"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is not as it has to be; a grave one keeps decnet from working, ``is_half`` is an unfinished run."""

    message: str
    remedy: str
    is_grave: bool = True
    is_half: bool = False


def is_installed(host: Host) -> bool:
    """Say whether this host is one that the configurator looks after; a checkout alone is none."""
    return host.tree.look(PACKAGE_CONF) is not None or host.tree.look(STATE) is not None


def inspect(host: Host, build: Path = BUILD) -> Iterator[Problem]:
    """Yield everything that is wrong, what the rest may follow from first; only root sees all of it."""
    try:
        read(host.tree)
    except PermissionError:
        yield from built_for(host, build)
        yield Problem(message=f"{STATE} can only be read by root", remedy="sudo decnet doctor", is_grave=False)
        return
    yield from unfinished(host)
    yield from built_for(host, build)
    try:
        found = plan.plan(host, {})
    except DecnetError as error:
        yield Problem(message=error.message, remedy=error.remedy)
        return
    yield from differences(host, found)
    yield from owners(host, found)
    yield from pending(host)
    yield from memberships(host, found)


def unfinished(host: Host) -> Iterator[Problem]:
    """
    Find a run that did not end, an upgrade that did not, or both, with the one command that goes on.

    What else is wrong then mostly follows from it: files, owners and services are between what they were and what they will be.
    """
    journal, gate = Journal(host.tree), host.tree.look(GATE) is not None
    if not journal.is_open and not gate:
        return
    said = [f"the configuration stopped at the step {journal.step or 'before the first'}"] if journal.is_open else []
    if gate:
        said.append(f"an upgrade did not end: {GATE} holds back the services that open the store")
    yield Problem(message="; ".join(said), remedy=_DPKG if is_left_by_dpkg(host) else _APPLY, is_half=True)


def is_left_by_dpkg(host: Host) -> bool:
    """Say whether dpkg knows that it has not finished with the package: then it has to go on, and calls us itself."""
    files = [_DPKG_STATUS, *(f"{_DPKG_UPDATES}/{name}" for name in host.tree.names(_DPKG_UPDATES))]
    states = [found[1] for file in files for found in _DPKG_STATE.finditer(host.tree.text(file) or "")]
    return bool(states) and states[-1] not in {"installed", "config-files", "not-installed"}


def differences(host: Host, found: Plan) -> Iterator[Problem]:
    """Find what apply would write, and what somebody edited."""
    edited = [change for change in compare(host.tree, found.wanted) if change.kind == Kind.KEEP]
    for change in edited:
        yield Problem(
            message=f"{change.path} was edited and no longer follows package.conf",
            remedy=f"diff {change.path} {proposal(change.path)}",
            is_grave=False,
        )
    if not found.is_empty and not found.is_unfinished:
        yield Problem(message="this host is not what package.conf says", remedy="decnet configure diff; decnet configure apply")


def owners(host: Host, found: Plan) -> Iterator[Problem]:
    """Find folders and logs whose owner, group or mode is not what tmpfiles.d says."""
    text = next(entry.content.decode() for entry in found.wanted if entry.path == TMPFILES)
    for line in text.splitlines():
        words = line.split()
        if len(words) >= _LINE_WORDS and words[0] in {"d", "f"}:
            path = words[1].replace("%l", os.uname().nodename.split(".")[0])
            yield from _owner(host, path, f"{words[3]}:{words[4]} {int(words[2], 8):04o}")


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


def pending(host: Host) -> Iterator[Problem]:
    """Find services that still run the version before."""
    units = services.pending(host)
    if units:
        yield Problem(
            message=f"{', '.join(units)}: still the version before",
            remedy=f"systemctl restart {' '.join(units)}",
            is_grave=False,
        )
