# SPDX-License-Identifier: MIT
"""What the configurator can be asked to do; each function is one verb and returns its exit code."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath

from decnet import paths
from decnet.catalog import SERVICES, Role
from decnet.host.process import CommandFailed, run
from decnet.install import accounts, migration, placement, plan, record, services
from decnet.install.application import Application
from decnet.install.failure import EXIT_DIFFERENCES, EXIT_OK, InvalidError
from decnet.install.host import Host, locked
from decnet.install.identity import written
from decnet.install.journal import Journal
from decnet.install.layout import (
    BACK,
    BACKUPS,
    DATA,
    ETC,
    EVIDENCE,
    GATE,
    HANDOVER,
    LOCK,
    LOGS,
    PACKAGE_CONF,
    PENDING,
    PREVIOUS,
    RUNTIME,
    SECRETS,
    STATE,
    STORE,
)
from decnet.install.plan import Plan
from decnet.install.record import Record
from decnet.install.render import AS_ROOT, sysusers, target_of
from decnet.install.tree import Tree

_TEMPLATES_OF_DEBCONF = {
    "DECNET_ROLE": "decnet/role",
    "DECNET_USER": "decnet/user",
    "DECNET_GROUP": "decnet/group",
    "DECNET_DOCKER": "decnet/docker",
    "DECNET_WEB_LISTEN": "decnet/web-listen",
    "DECNET_START": "decnet/start",
    "DECNET_RESTART_ON_UPGRADE": "decnet/restart-on-upgrade",
}
_ROLLBACK = "rollback"
_DEPTH = 8  # of folders in the data folder
_KEY = ".key"  # without them nobody can read the secrets in the evidence
_TRUTH = {"yes": "true", "no": "false"}


def apply(
    host: Host,
    asked: dict[str, str],
    *,
    reason: str = "manual",
    templates: Path = paths.TEMPLATES,
) -> int:
    """Make the host what package.conf says, with ``asked`` written into it first."""
    with locked(host.tree):
        journal = Journal(host.tree)
        finish_restore(host, journal)
        found = plan.plan(host, asked, templates=templates)
        Application(host, found, journal).run(reason)
    if asked and not host.by_package:
        _tell_debconf(host, asked)
    return EXIT_OK


def finish_restore(host: Host, journal: Journal) -> None:
    """Put a copy of the store back where a run was killed while it did that."""
    was = record.read(host.tree)
    backups = journal.facts("restore")
    if not backups or was is None:
        return
    if not host.tree.is_host:
        raise InvalidError(
            "a run that was killed in this image was about to put a copy of its store back, which only the system itself can",
            remedy="boot it, and run there: decnet configure apply",
        )
    if migration.has_copy(host, backups[-1]):
        migration.finish_restore(host, journal, backups[-1])
    else:
        host.say(f"warning: an earlier run was about to restore {backups[-1]}, which is gone: decnet store check")
    journal.forget("restore")


def check(host: Host, asked: dict[str, str]) -> int:
    """Say whether the configuration could be applied; nothing is written."""
    plan.plan(host, asked)
    host.say("the configuration is valid")
    return EXIT_OK


def diff(host: Host, asked: dict[str, str]) -> list[str]:
    """Return what ``apply`` would do, a line each."""
    found = plan.plan(host, asked)
    return [] if found.is_empty else found.lines() or ["record  what is in place"]


def diff_code(lines: list[str]) -> int:
    """Return the exit code of a difference."""
    return EXIT_DIFFERENCES if lines else EXIT_OK


def rollback(host: Host) -> int:
    """Bring back the rendered set and the identity from before the last change; twice is where it began."""
    with locked(host.tree):
        journal = Journal(host.tree)
        finish_restore(host, journal)
        is_second_try = journal.reason == _ROLLBACK and host.tree.is_folder(BACK)
        kept = BACK if is_second_try else PREVIOUS
        was = record.read(host.tree, f"{kept}/applied")
        text = host.tree.text(f"{kept}/package.conf")
        if was is None or text is None:
            raise InvalidError("there is nothing from before that could come back", remedy="decnet configure diff")
        found = _way_back(host, was, text, kept)
        if found.is_empty:
            host.say("nothing differs from what was in place before the last change")
        Application(host, found, journal).run(_ROLLBACK)
    return EXIT_OK


def _way_back(host: Host, was: Record, text: str, kept: str) -> Plan:
    """Return the plan that leads back to the set that was kept; who edits package.conf has changed it before it is kept."""
    entries = tuple(placement.previous(host.tree, kept))
    identity = was.identity
    if plan.identity_of(plan.values_in(text)[0]) != identity:
        text = written(identity, text)
    accounts.examine(host, identity)
    return replace(
        plan.plan(host, {}),
        identity=identity,
        conf=text,
        sysusers=sysusers(identity),
        changes_conf=host.tree.text(PACKAGE_CONF) != text,
        wanted=entries,
        changes=tuple(placement.effective(host.tree, placement.compare(host.tree, entries))),
        leave=(),
        missing=tuple(accounts.missing(host.tree, identity)),
        enable=(),
        units=tuple(services.active(host)),
    )


def unrender(host: Host, *, purge: bool, evidence: bool = False, edited: bool = False) -> int:
    """
    Take every rendered file away that nobody edited; with ``edited`` those as well.

    ``purge`` takes edited files, configuration, logs and state, too, and locks the accounts that were made. What attackers left
    in the data folder stays, with the keys that open it, unless ``evidence`` says that it may go. Everything is stopped
    and disabled before: nothing goes on without its keys, and the next configuration begins anew.
    """
    with locked(host.tree):
        if purge:
            _stop_all(host)
        _take_away(host, purge=purge, evidence=evidence, edited=edited)
    return EXIT_OK


def _take_away(host: Host, *, purge: bool, evidence: bool, edited: bool) -> None:
    """Take the rendered files away, and with ``purge`` what only decnet needed."""
    for path in placement.take_all_away(host.tree, edited=purge or edited):
        host.say(f"warning: {path} was edited and stays")
    if purge:
        _purge(host, evidence=evidence)
    services.reload(host)


def _purge(host: Host, *, evidence: bool) -> None:
    """Remove what only decnet needed, and lock the accounts that were made for it."""
    _leave_groups(host)
    was = record.read(host.tree)
    if was is not None:
        accounts.lock(host, sorted(was.created))
    for folder in (ETC, LOGS, RUNTIME, HANDOVER, *((STATE, DATA) if evidence else ())):
        _empty(host, folder)
    for path in (GATE, PENDING, LOCK):
        host.tree.remove(path)
    if not evidence:
        _keep_evidence(host)


def _empty(host: Host, folder: str) -> None:
    """Remove a folder with all that is in it, other disks there as well: who asks for it wants nothing of it to stay."""
    host.tree.remove_all(folder, crosses=True)
    if host.tree.look(folder) is None:
        return
    if host.tree.holds_only_folders(folder):
        host.say(f"warning: {folder} is empty and stays, as a disk is mounted there: umount it, then rm -r {folder}")
    else:
        host.say(f"warning: not all of {folder} could be deleted: rm -r {folder}, which says why")


def _keep_evidence(host: Host) -> None:
    """
    Remove all state but evidence and the keys that open it, as the package's postrm does.

    Keys stay even where no evidence is seen, and copies of the store where the store is not: its disk may not be mounted now,
    or ``[paths] data`` is elsewhere.
    """
    _remove_all_but(host.tree, DATA, EVIDENCE)
    _remove_empty(host.tree, DATA)
    keys = [name for name in host.tree.names(SECRETS) if name.endswith(_KEY)]
    copies = host.tree.look(f"{STORE}/decnet.db") is None
    stay = {PurePosixPath(folder).name for folder, stays in ((SECRETS, keys), (BACKUPS, copies)) if stays}
    _remove_all_but(host.tree, STATE, stay)
    _remove_empty(host.tree, STATE)
    if host.tree.is_folder(DATA):
        host.say(f"the evidence is kept in {DATA}")
    if keys:
        host.say(f"the keys that open evidence are kept in {SECRETS}; once there is none: rm -r {STATE}")


def _remove_all_but(tree: Tree, folder: str, kept: Collection[str]) -> None:
    """Remove what is in a folder, but for what is kept."""
    for name in tree.names(folder):
        if name not in kept:
            tree.remove_all(f"{folder}/{name}", crosses=True)


def _remove_empty(tree: Tree, folder: str, depth: int = _DEPTH) -> None:
    """Remove a folder and those in it as far as nothing is in them; what is nested deeper than ours was not made by us."""
    for name in tree.names(folder) if depth else ():
        if tree.is_folder(f"{folder}/{name}"):
            _remove_empty(tree, f"{folder}/{name}", depth - 1)
    tree.remove_empty(folder)


def remove(host: Host, *, purge: bool, evidence: bool, edited: bool) -> int:
    """Stop an installation that no package brought, and take it away."""
    with locked(host.tree):
        _stop_all(host)
        _leave_groups(host)
        was = record.read(host.tree)
        if was is not None:
            record.write(host.tree, replace(was, enabled=frozenset()))
        _take_away(host, purge=purge, evidence=evidence, edited=edited)
        for folder in (RUNTIME, HANDOVER):
            host.tree.remove_all(folder)
    return EXIT_OK


def _stop_all(host: Host) -> None:
    """Stop everything of ours, and let nothing of it start at boot."""
    ours = [*AS_ROOT, services.TARGET, *(target_of(role) for role in Role), *services.units_of(SERVICES)]
    running = services.running(host)  # systemd refuses to stop what it does not know, as where this is done a second time
    services.stop(host, [unit for unit in ours if unit in running])
    services.disable(host, [services.TARGET, *services.units_of(SERVICES)])


def _leave_groups(host: Host) -> None:
    """End every membership that we made: a later account of the same name would have it."""
    was = record.read(host.tree)
    accounts.end(host, {*(was.joined if was else ()), *Journal(host.tree).facts("joined")})


def gate(host: Host) -> int:
    """Note which services run, and hold back those that open the store, while a package is unpacked."""
    services.record_gate(host)
    return EXIT_OK


def _tell_debconf(host: Host, asked: dict[str, str]) -> None:
    """Let debconf ask with these values the next time; where there is no debconf, nobody asks."""
    if not host.tree.is_host or not host.has_program("debconf-communicate"):
        return
    rows = [(_TEMPLATES_OF_DEBCONF[key], value) for key, value in asked.items() if key in _TEMPLATES_OF_DEBCONF]
    text = "".join(f"SET {name} {_TRUTH.get(value, value)}\n" for name, value in rows)
    try:
        done = run(("debconf-communicate", "decnet"), given=text)
    except CommandFailed as error:
        host.say(f"warning: debconf does not know the new values: {error.message}")
        return
    if done.code:
        host.say("debconf did not take the new values; the next dpkg-reconfigure reads them from package.conf")
