# SPDX-License-Identifier: MIT
"""What the configurator knows to be wrong with a host; it changes nothing. ``decnet doctor`` shows it."""

import grp
import json
import os
import pwd
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from decnet.errors import DecnetError
from decnet.install import plan, services
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.layout import GATE, PACKAGE_CONF, STATE, TMPFILES
from decnet.install.placement import Kind, compare, proposal
from decnet.install.plan import Plan
from decnet.install.record import read

BUILD = Path(sys.prefix) / "share" / "decnet" / "build.json"
_LINE_WORDS = 5


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
    """Yield everything that is wrong; only root sees all of it."""
    yield from built_for(host, build)
    try:
        read(host.tree)
    except PermissionError:
        yield Problem(message=f"{STATE} can only be read by root", remedy="sudo decnet doctor", is_grave=False)
        return
    yield from half_applied(host)
    yield from not_upgraded(host)
    try:
        found = plan.plan(host, {})
    except DecnetError as error:
        yield Problem(message=error.message, remedy=error.remedy)
        return
    yield from differences(host, found)
    yield from owners(host, found)
    yield from pending(host)


def half_applied(host: Host) -> Iterator[Problem]:
    """Find a run that did not end."""
    journal = Journal(host.tree)
    if journal.is_open:
        step = journal.step or "before the first"
        yield Problem(message=f"the configuration stopped at the step {step}", remedy="decnet configure apply", is_half=True)


def not_upgraded(host: Host) -> Iterator[Problem]:
    """Find an upgrade that was begun and not ended: the services that open the store do not start until then."""
    if host.tree.look(GATE) is not None:
        yield Problem(
            message=f"an upgrade did not end: {GATE} holds back the services that open the store",
            remedy="dpkg --configure -a; where no package is involved: decnet configure apply",
            is_half=True,
        )


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
