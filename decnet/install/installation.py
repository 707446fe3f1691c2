# SPDX-License-Identifier: MIT
"""``decnet init``: an installation that no package brought, by the same steps as a packaged one, its units included."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from decnet import paths
from decnet.errors import DecnetError
from decnet.install import arguments, checklist, environments, host, plan, record, verbs
from decnet.install.application import Application
from decnet.install.checklist import Checklist
from decnet.install.failure import EXIT_OK, InvalidError, translated
from decnet.install.host import Host, locked
from decnet.install.identity import INSTALL_DIR
from decnet.install.journal import Journal
from decnet.install.layout import STATE, VENDOR_UNITS

_OF_A_PACKAGE = (f"{INSTALL_DIR}/share/decnet/build.json", "/var/lib/dpkg/info/decnet.list", f"{VENDOR_UNITS}/decnet.target")

Print = Callable[[str], None]


def declare(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--install-dir", default=str(INSTALL_DIR), metavar="DIR", help="where decnet is; an absolute path")
    parser.add_argument(
        "--venv-dir", metavar="DIR", help="its virtual environment; else the active one in it, or venv, .venv, …"
    )
    parser.add_argument("--user", metavar="NAME", help="the account that runs the services (decnet)")
    parser.add_argument("--group", metavar="NAME", help="the group that may use and control them (decnet)")
    parser.add_argument("--role", metavar="ROLE", help="what this host is: master or agent (master)")
    parser.add_argument("--prefix", type=Path, default=Path("/"), metavar="DIR", help="install into the image in this folder")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--no-start", action="store_true", help="start nothing now")
    parser.add_argument("--force", action="store_true", help="replace files that were edited, too")
    parser.add_argument("--yes", action="store_true", help="with --purge-evidence: agreed")
    parser.add_argument("--deinit", action="store_true", help="stop and take away what init made; configuration and data stay")
    parser.add_argument(
        "--purge", action="store_true", help="with --deinit: configuration, logs and state, too; evidence stays"
    )
    parser.add_argument(
        "--purge-evidence", action="store_true", help="with --purge: what attackers left, too; it cannot come back"
    )


def carry_out(options: Namespace, variables: Mapping[str, str], say: Print, templates: Path = paths.TEMPLATES) -> int:
    """Install, or take away; return the exit code. Everything that can be refused is refused before anything is written."""
    with translated():
        here = host.of(options.prefix, variables)
    with arguments.mended_there(here), translated():
        install = environments.absolute("install-dir", options.install_dir)
        _refuse_package(here)
        _refuse_unheeded(options)
        if not options.dry_run:
            arguments.require_root(here)
        if options.deinit:
            return _take_away(here, options, say)
        venv = environments.resolve(here.tree, install, options.venv_dir, variables)
        environments.check_reachable(here.tree, install, venv)
        asked = {"DECNET_INSTALL_DIR": str(install), "DECNET_VENV_DIR": str(venv), **_asked(options)}
        return _install(here, options, asked, say, templates)


def _refuse_unheeded(options: Namespace) -> None:
    """Raise ``InvalidError`` for what would not be heeded, and for what cannot come back where nobody agreed to that."""
    if options.purge and not options.deinit:
        raise InvalidError("--purge is for taking an installation away", remedy="decnet init --deinit --purge")
    if options.purge_evidence and not options.purge:
        raise InvalidError("--purge-evidence: --purge goes before it; nothing was done", remedy="decnet init --help")
    unheeded = ["--no-start"] if options.no_start else []
    unheeded += [f"--{name}" for name in ("user", "group", "role") if getattr(options, name) is not None]
    if options.deinit and unheeded:
        raise InvalidError(f"{unheeded[0]}: --deinit does not take it; nothing was done", remedy="decnet init --help")
    if options.purge_evidence and not (options.yes or options.dry_run):
        raise InvalidError(
            "what attackers left would go, too, and cannot come back; nothing was done",
            remedy="decnet init --deinit --purge --purge-evidence --yes",
        )


def _refuse_package(here: Host) -> None:
    """Raise ``InvalidError`` on a host where a package brought decnet: two masters of the same units do no good."""
    found = next((path for path in _OF_A_PACKAGE if here.tree.outside(path).exists()), None)
    if found:
        raise InvalidError(f"a package installed decnet here ({found})", remedy="decnet configure")


def _asked(options: Namespace) -> dict[str, str]:
    """Return the values that the arguments give."""
    names = {"DECNET_USER": options.user, "DECNET_GROUP": options.group, "DECNET_ROLE": options.role}
    return {key: value for key, value in names.items() if value is not None}


def _install(here: Host, options: Namespace, asked: dict[str, str], say: Print, templates: Path) -> int:
    """Do what is left to do, a line for each point."""
    if options.dry_run:
        _list(here, plan.plan(here, asked, complete=True, force=options.force, templates=templates), options, say).rest(
            planned=True
        )
        return EXIT_OK
    with locked(here.tree):
        journal = Journal(here.tree)
        verbs.finish_restore(here, journal)
        found = plan.plan(here, asked, complete=True, force=options.force, templates=templates)
        listed = _list(here, found, options, say)
        try:
            Application(here, found, journal, starts=not options.no_start, done=listed.done).run("init")
        except DecnetError:
            listed.failed()
            raise
        listed.rest()
    return EXIT_OK


def _list(here: Host, found: plan.Plan, options: Namespace, say: Print) -> Checklist:
    """Return the checklist of a plan."""
    starts = found.identity.start and not options.no_start
    return Checklist(checklist.points(here.tree, found, is_live=here.is_live, starts=starts), say)


def _take_away(here: Host, options: Namespace, say: Print) -> int:
    """Take an installation away, if there is one."""
    is_there = record.read(here.tree) is not None or os.path.lexists(here.tree.outside(STATE))
    state = checklist.DONE if is_there else checklist.RIGHT
    if options.dry_run:
        say(f"[{checklist.PLANNED if is_there else checklist.RIGHT}] stop the services and take their files away")
        return EXIT_OK
    if is_there:
        verbs.remove(here, purge=options.purge, evidence=options.purge_evidence, edited=options.force)
    say(f"[{state}] units, rules, rotation and accounts' rules are gone")
    if options.purge:
        say(f"[{state}] configuration, logs and state are gone, accounts are locked")
    return EXIT_OK
