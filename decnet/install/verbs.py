# SPDX-License-Identifier: MIT
"""What the configurator can be asked to do; each function is one verb and returns its exit code."""

from dataclasses import replace
from pathlib import Path

from decnet import paths
from decnet.catalog import SERVICES, Role
from decnet.host.process import CommandFailed, Identity, run
from decnet.install import accounts, migration, placement, plan, record, services
from decnet.install.application import Application
from decnet.install.failure import EXIT_DIFFERENCES, EXIT_OK, InvalidError
from decnet.install.host import Host, locked
from decnet.install.identity import parse
from decnet.install.journal import Journal
from decnet.install.layout import DATA, ETC, GATE, HANDOVER, LOCK, LOGS, PACKAGE_CONF, PENDING, PREVIOUS, RUNTIME, STATE
from decnet.install.migration import Runner
from decnet.install.plan import Plan
from decnet.install.render import AS_ROOT, target_of

_TEMPLATES_OF_DEBCONF = {
    "DECNET_ROLE": "decnet/role",
    "DECNET_USER": "decnet/user",
    "DECNET_GROUP": "decnet/group",
    "DECNET_DOCKER": "decnet/docker",
    "DECNET_WEB_LISTEN": "decnet/web-listen",
    "DECNET_START": "decnet/start",
    "DECNET_RESTART_ON_UPGRADE": "decnet/restart-on-upgrade",
}
_EVIDENCE = {"store", "blobs", "spool"}
_KEYS = {"secrets"}  # without them nobody can read the secrets in the evidence
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
    if backups and was is not None:
        uids, gids = accounts.numbers(host.tree, was.identity)
        migration.restore(host, Runner(account=Identity(uid=uids["user"], gid=gids["group"])), backups[-1])
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
        was = record.read(host.tree, f"{PREVIOUS}/applied")
        text = host.tree.text(f"{PREVIOUS}/package.conf")
        if was is None or text is None:
            raise InvalidError("there is nothing from before that could come back", remedy="decnet configure diff")
        Application(host, _way_back(host, text), Journal(host.tree)).run("rollback")
    return EXIT_OK


def _way_back(host: Host, text: str) -> Plan:
    """Return the plan that leads back to the set that was kept."""
    entries = tuple(placement.previous(host.tree))
    identity = plan.identity_of(parse(text)[0])
    accounts.examine(host, identity)
    return replace(
        plan.plan(host, {}),
        identity=identity,
        conf=text,
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
        for path in placement.take_all_away(host.tree, edited=purge or edited):
            host.say(f"warning: {path} was edited and stays")
        if purge:
            _purge(host, evidence=evidence)
        services.reload(host)
    return EXIT_OK


def _purge(host: Host, *, evidence: bool) -> None:
    """Remove what only decnet needed, and lock the accounts that were made for it."""
    _leave_groups(host)
    was = record.read(host.tree)
    if was is not None:
        accounts.lock(host, sorted(was.created))
    own = (STATE, DATA) if evidence else (*_but(host, STATE, _KEYS), *_but(host, DATA, _EVIDENCE))
    for folder in (ETC, LOGS, RUNTIME, HANDOVER, *own):
        host.tree.remove_all(folder)
    for path in (GATE, PENDING, LOCK):
        host.tree.remove(path)
    host.tree.remove_empty(DATA)
    if not host.tree.is_folder(DATA):
        host.tree.remove_all(STATE)


def _but(host: Host, folder: str, kept: set[str]) -> list[str]:
    """Return what is in a folder, but for what is kept."""
    return [f"{folder}/{name}" for name in host.tree.names(folder) if name not in kept]


def remove(host: Host, *, purge: bool, evidence: bool, edited: bool) -> int:
    """Stop an installation that no package brought, and take it away."""
    _stop_all(host)
    _leave_groups(host)
    was = record.read(host.tree)
    if was is not None:
        record.write(host.tree, replace(was, enabled=frozenset()))
    code = unrender(host, purge=purge, evidence=evidence, edited=edited)
    for folder in (RUNTIME, HANDOVER):
        host.tree.remove_all(folder)
    return code


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
