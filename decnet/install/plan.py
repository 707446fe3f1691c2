# SPDX-License-Identifier: MIT
"""What a host is, what it has to be, and what lies between: nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from decnet import paths
from decnet.catalog import SERVICES, Role, Service, services_of
from decnet.config.listening import parse as parse_listening
from decnet.errors import ConfigError
from decnet.install import accounts, migration, placement, services
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.identity import Identity, from_values, parse, written
from decnet.install.journal import Journal
from decnet.install.layout import CONFIG_PARTS, PACKAGE_CONF, STORE, UNITS
from decnet.install.manifest import Entry
from decnet.install.placement import Change, Kind
from decnet.install.record import Record, read
from decnet.install.render import RenderedFile, rendered, sysusers, unit_of
from decnet.version import VERSION

_FREE_PORTS = 1024
_FREE_PORTS_FROM = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
_UNITS = f"{UNITS}/"
_EVERY_SERVICE = f"{CONFIG_PARTS}/"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    What has to be done for a host to be what ``identity`` says.

    ``conf`` is the text that package.conf gets, ``sysusers`` the lines that make the accounts. ``is_upgrade`` says that the
    programs are not those that were configured last; ``units`` are the services that are restarted because files of theirs
    change; ``leave`` are memberships that should have ended.
    """

    identity: Identity
    conf: str
    sysusers: str
    before: Record | None
    wanted: tuple[Entry, ...]
    changes: tuple[Change, ...]
    missing: tuple[str, ...]
    enable: tuple[str, ...]
    has_units: bool
    is_upgrade: bool
    changes_conf: bool
    is_unfinished: bool = False
    lacks_store: bool = False
    units: tuple[str, ...] = field(default=())
    leave: tuple[str, ...] = field(default=())

    @property
    def changes_identity(self) -> bool:
        """Whether files have to go from one account or group to another, and services with them."""
        if self.before is None:
            return False
        was, is_ = self.before.identity, self.identity
        return (was.user, was.group) != (is_.user, is_.group)

    @property
    def is_first(self) -> bool:
        """Whether nothing of this was in place: never before, or taken away since."""
        return self.before is None or services.TARGET in self.enable

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do."""
        return not (
            self.changes
            or self.missing
            or self.enable
            or self.is_upgrade
            or self.changes_conf
            or self.is_unfinished
            or self.leave
            or self.lacks_store
            or self.before is None
            or (self.before.identity, self.before.has_units) != (self.identity, self.has_units)
        )

    def lines(self) -> list[str]:
        """Return what would be done, for people."""
        found = [f"write   {PACKAGE_CONF}"] if self.changes_conf else []
        found += [f"make    {name}" for name in self.missing]
        if self.changes_identity and self.before is not None:
            was, is_ = self.before.identity, self.identity
            found.append(f"move    files of {was.user}:{was.group} to {is_.user}:{is_.group}, with the services stopped")
        found += [f"leave   {pair}" for pair in self.leave]
        found += [change.line for change in self.changes]
        found += [f"enable  {unit}" for unit in self.enable]
        found += [f"restart {unit}" for unit in self.units]
        if self.is_upgrade and self.before is not None:
            found.append(f"upgrade from {self.before.version} to {VERSION}, the store with it")
        if self.is_unfinished:
            found.append("finish  what an earlier run left half done")
        if self.lacks_store:
            found.append("make    the store, or the note of its schema")
        return found


def read_conf(host: Host) -> tuple[str, Identity]:
    """Return the text of package.conf and the identity it stands for; defaults where there is none."""
    text = host.tree.text(PACKAGE_CONF) or ""
    values, warnings = values_in(text)
    for warning in warnings:
        host.say(f"warning: {PACKAGE_CONF}: {warning}")
    return text, identity_of(values)


def values_in(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the values of package.conf and warnings; raise ``InvalidError`` where a line of ours cannot be read."""
    try:
        return parse(text)
    except ConfigError as error:
        raise InvalidError(error.message, remedy=error.remedy) from error


def identity_of(values: dict[str, str], base: Identity | None = None) -> Identity:
    """Return the identity of these values; raise ``InvalidError`` where one is not allowed."""
    try:
        return from_values(values, base)
    except ConfigError as error:
        raise InvalidError(error.message, remedy=error.remedy) from error


def plan(
    host: Host,
    asked: dict[str, str],
    *,
    complete: bool | None = None,
    force: bool = False,
    templates: Path = paths.TEMPLATES,
) -> Plan:
    """
    Return what has to be done so that the host is what package.conf says, with ``asked`` written into it first.

    ``complete`` is whether the units are ours to write; None: as the last time.
    """
    text, identity = read_conf(host)
    wanted_identity = identity_of(asked, identity)
    accounts.examine(host, wanted_identity)
    _tell_of_port(host, wanted_identity)
    _refuse_lost_store(host, wanted_identity)
    before, journal = read(host.tree), Journal(host.tree)
    has_units = _has_units(host, before, journal) if complete is None else complete
    wanted = entries(host, wanted_identity, complete=has_units, templates=templates)
    changes = placement.effective(host.tree, placement.compare(host.tree, wanted, force=force))
    leave = _leave(host, before, wanted_identity)
    return Plan(
        identity=wanted_identity,
        conf=(conf := written(wanted_identity, text)),
        sysusers=sysusers(wanted_identity, templates),
        before=before,
        wanted=tuple(wanted),
        changes=tuple(changes),
        missing=tuple(accounts.missing(host.tree, wanted_identity)),
        enable=tuple(_new_units(host, before)),
        has_units=has_units,
        is_upgrade=before is not None and _is_upgrade(host, before, journal),
        changes_conf=conf != text and _says_else(text, wanted_identity, identity),
        is_unfinished=journal.is_open,
        units=tuple(_touched(changes, services.active(host), leave, wanted_identity)) if before is not None else (),
        leave=leave,
        lacks_store=host.tree.is_host and before is not None and lacks_store(host, wanted_identity),
    )


def _tell_of_port(host: Host, identity: Identity) -> None:
    """Say that the dashboard will not start: an error would stop the upgrade of a host that has that port written down."""
    lowest = _lowest_port(host)
    if identity.role == Role.MASTER and parse_listening(identity.web_listen).port < lowest:
        host.say(
            f"warning: DECNET_WEB_LISTEN={identity.web_listen}: the dashboard may not open a port below {lowest} and will not "
            f"start; choose another one: decnet configure set DECNET_WEB_LISTEN=ADDRESS:PORT"
        )


def _lowest_port(host: Host) -> int:
    """Return the lowest port that takes no privilege, as the kernel says; an image has none running."""
    try:
        return int(host.tree.outside(_FREE_PORTS_FROM).read_text(encoding="ascii"))
    except OSError:
        return _FREE_PORTS


def _leave(host: Host, before: Record | None, identity: Identity) -> tuple[str, ...]:
    """Return the memberships that the last configuration was to end and could not."""
    if before is None or (before.identity.user, before.identity.group) != (identity.user, identity.group):
        return ()
    return tuple(accounts.unwanted(host.tree, before.joined, identity))


def _has_units(host: Host, before: Record | None, journal: Journal) -> bool:
    """Say whether the units are those of ``decnet init``; a package that comes later brings its own."""
    return not host.by_package and ((before is not None and before.has_units) or bool(journal.facts("has-units")))


def _is_upgrade(host: Host, before: Record, journal: Journal) -> bool:
    """Say whether the programs are not those that were configured last: by their version, or by the gate of a package."""
    return before.version != VERSION or services.recorded(host) is not None or bool(journal.facts("recorded"))


def lacks_store(host: Host, identity: Identity) -> bool:
    """Say whether a role that has a store lacks it, or the note of its schema, without which no package is put in its place."""
    has_store = any(service.opens_store for service in services_of(identity.role))
    return has_store and (migration.stamped(host) is None or migration.store_bytes(host) is None)


def _refuse_lost_store(host: Host, identity: Identity) -> None:
    """Raise ``InvalidError`` where a store is known to have been: it may be on a disk that is not mounted now."""
    schema = migration.stamped(host)
    has_store = any(service.opens_store for service in services_of(identity.role))
    if host.tree.is_host and has_store and schema is not None and migration.store_bytes(host) is None:
        raise InvalidError(
            f"the store of this host, of schema {schema}, is not in {STORE}: is its disk not mounted?",
            remedy="mount it and try again; or put a backup back: decnet store restore FILE; "
            "or begin with an empty store: decnet store migrate",
        )


def _says_else(text: str, wanted: Identity, found: Identity) -> bool:
    """Say whether package.conf has to be written: a complete file that means the same is the operator's."""
    return not text or wanted != found


def entries(host: Host, identity: Identity, *, complete: bool, templates: Path) -> list[Entry]:
    """Return every file that belongs to an identity, all of them rendered and looked at before the first is written."""
    try:
        files = rendered(identity, complete=complete, templates=templates)
    except ConfigError as error:
        raise InvalidError(error.message, remedy=error.remedy) from error
    found = [_entry(file) for file in files]
    problems = [problem for entry in found if (problem := _problem(entry))]
    if problems:
        raise InvalidError("; ".join(problems), remedy="install decnet again: its templates are damaged")
    host.program("systemd-sysusers", "--dry-run", "-", given=sysusers(identity, templates))
    return found


def _entry(file: RenderedFile) -> Entry:
    """Return a rendered file as it is written."""
    content = (file.link or file.text).encode()
    return Entry(path=str(file.path), mode=file.mode, content=content, is_link=bool(file.link))


def _problem(entry: Entry) -> str:
    """Return what is wrong with a rendered file; empty where it can be written."""
    text = entry.content.decode()
    if not entry.path.startswith("/etc/") or ".." in entry.path.split("/"):
        return f"{entry.path} is not below /etc"
    if entry.is_link:
        return ""
    if not text.endswith("\n") or "{{" in text or "{%" in text:
        return f"{entry.path} was not rendered to its end"
    if entry.path.startswith(_UNITS) and not any(line.startswith("[") for line in text.splitlines()):
        return f"{entry.path} has no section"
    return ""


def _new_units(host: Host, before: Record | None) -> list[str]:
    """Return the units that were never enabled by us, the first time all of them; those that are masked stay as they are."""
    known = before.enabled if before else frozenset()
    units = (services.TARGET, *(unit_of(service) for service in SERVICES))
    return [unit for unit in units if unit not in known and not services.is_masked(host, unit)]


def _touched(changes: Sequence[Change], active: Sequence[str], leave: Sequence[str], identity: Identity) -> list[str]:
    """Return the active services whose units or configuration change, and those that still have a group to leave."""
    paths_changed = [change.path for change in changes if change.kind in {Kind.WRITE, Kind.REPLACE, Kind.REMOVE}]
    if any(path.startswith(_EVERY_SERVICE) for path in paths_changed):
        return list(active)
    leaving = {pair.split(" ")[0] for pair in leave}
    members = {unit_of(service) for service in SERVICES if identity.account(service.account) in leaving}
    return [
        unit
        for unit in active
        if unit in members or any(path.startswith((f"{_UNITS}{unit}", f"{_UNITS}{unit}.d/")) for path in paths_changed)
    ]


def changed_role(plan_: Plan) -> tuple[list[Service], list[Service]]:
    """Return the services that a change of the role takes away, and those that it brings."""
    if plan_.before is None:
        return [], []
    was, is_ = services_of(plan_.before.identity.role), services_of(plan_.identity.role)
    return [s for s in was if s not in is_], [s for s in is_ if s not in was]
