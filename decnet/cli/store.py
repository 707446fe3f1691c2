# SPDX-License-Identifier: MIT
"""
``decnet store``: migrate it, back it up, restore it, check it.

Root works on a store of another account as that account, keys and backup opened before; only the stamp is root's own.
"""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from decnet import paths
from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import add_format, show
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.errors import DamagedError, HostError, NotFoundError
from decnet.host.account import as_account, owner_of
from decnet.host.process import Identity
from decnet.install import host, migration
from decnet.install.layout import BACKUPS, STATE
from decnet.store import spools
from decnet.store.backup import back_up, hand_over
from decnet.store.check import check
from decnet.store.database import SCHEMA, connect, transaction
from decnet.store.keys import Keys, load
from decnet.store.migrate import Migrated, migrate
from decnet.store.restore import Backup, Restored, opened, restore

_COLUMNS = ("area", "subject", "message")


def _arguments(parser: ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True)
    migrated = actions.add_parser("migrate", help="bring the store to this version's schema, with a backup before")
    migrated.add_argument("--no-backup", action="store_true", help="make no backup: there is one, or no room for one")
    backup = actions.add_parser("backup", help="write a verified copy while everything runs; what was sent stays encrypted")
    backup.add_argument("file", type=Path, help="the copy; it must not exist")
    restored = actions.add_parser("restore", help="put a backup in the place of the store; no service may have it open")
    restored.add_argument("file", type=Path, help="the backup; an older version can read the store afterwards if it made this")
    restored.add_argument("--unless-whole", action="store_true", help="leave a store alone that can be read to its end")
    checks = actions.add_parser("check", help="look at every page, every captured file, every spool's place")
    checks.add_argument("--acknowledge", action="store_true", help="show damage in spools a last time, then forget it")
    add_format(checks)


def _run(options: Namespace, config: Config) -> int:
    """Do what was asked."""
    if options.action == "migrate":
        return _migrate(config, keeps_backup=not options.no_backup)
    if options.action == "backup":
        return _back_up(options.file, config)
    if options.action == "restore":
        return _restore(options.file, config, unless_whole=options.unless_whole)
    return _check(options, config)


def _owner(config: Config) -> Identity | None:
    """Return the account of the store, where root asks and it is another one."""
    folder = config.paths.store.parent
    if config.paths.store == paths.SYSTEM.store and not folder.exists():
        raise HostError(f"there is no folder {folder} for the store", remedy="systemd-tmpfiles --create decnet.conf")
    return owner_of(folder)


def _stamp(config: Config, schema: int) -> None:
    """Tell the package's scripts which schema the store of this host has; what is root's own, only root can do."""
    here = host.of(Path("/"), environment())
    if os.geteuid() == 0 and config.paths.store == paths.SYSTEM.store and here.tree.is_folder(STATE):
        migration.stamp(here, schema)


def _back_up(file: Path, config: Config) -> int:
    """Write a copy as the account that owns the store, where it is to be a file of root's through root's hands."""
    account, other = _owner(config), owner_of(file.absolute().parent)
    if account is None or (other is not None and account.uid == other.uid):
        size = as_account(account, lambda: back_up(config.paths.store, file))
    else:
        size = hand_over(config.paths.store, file.absolute(), account)
    print(f"{file}: {size} bytes, verified; the keys in {config.paths.secrets} are not part of it")
    return EXIT_OK


def _restore(backup: Path, config: Config, *, unless_whole: bool) -> int:
    """Restore, note the schema for the package's scripts, and say what comes next."""
    account = _owner(config)
    with _held(backup, account) as found:
        done = as_account(account, lambda: _restored(backup, found, config, unless_whole=unless_whole))
    _stamp(config, done["schema"])
    if done["is_kept"]:
        print(f"the store is whole and has schema {done['schema']}: it stays as it is")
        return EXIT_OK
    kept = f"; the store before it is {done['replaced']}" if done["replaced"] else ""
    print(f"the store has schema {done['schema']} and what {backup} had{kept}")
    if done["schema"] != SCHEMA:
        print(f"this version needs schema {SCHEMA}: install the older version now, or run: decnet store migrate")
    return EXIT_OK


@contextmanager
def _held(backup: Path, account: Identity | None) -> Iterator[Backup | None]:
    """
    Open a backup as root, for an account that may not be able to; None where that is not needed, or does not go.

    Root follows no link on the way: in a folder of its own the account could have put one that leads to a file of root's.
    """
    with ExitStack() as stack:
        found = None
        if account is not None:
            with suppress(HostError, OSError):
                path = backup.absolute()
                folder = stack.enter_context(host.of(Path("/"), environment()).tree.folder(str(path.parent)))
                found = stack.enter_context(opened(path, folder))
        yield found


def _restored(backup: Path, held: Backup | None, config: Config, *, unless_whole: bool) -> dict[str, Any]:
    """Restore as the account that owns the store: what it can open itself, it opens itself."""
    try:
        own = opened(backup) if held is None or os.access(backup, os.R_OK) else nullcontext(held)
        with own as found:
            return _plain(restore(config.paths.store, found, unless_whole=unless_whole))
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {backup}", remedy=f"ls -l {BACKUPS}") from error
    except OSError as error:
        raise HostError(
            f"{backup} cannot be read: {error.strerror}", remedy="name it as it is, without a link; as root"
        ) from error


def _migrate(config: Config, *, keeps_backup: bool) -> int:
    """Migrate and say what happened."""
    done = as_account(_owner(config), lambda: _plain(migrate(config.paths.store, keeps_backup=keeps_backup)))
    _stamp(config, done["after"])
    if done["before"] == done["after"]:
        print(f"the store has schema {done['after']}: nothing to do")
        return EXIT_OK
    kept = f"; the store before it is {done['backup']}" if done["backup"] else ""
    print(f"the store was brought from schema {done['before']} to {done['after']}{kept}")
    return EXIT_OK


def _check(options: Namespace, config: Config) -> int:
    """Show what is found; exit 9 where data is damaged."""
    account = owner_of(config.paths.store.parent)
    keys = load(config.paths.secrets) if account is not None else None
    findings = as_account(account, lambda: _found(config, keys, acknowledges=options.acknowledge))
    if findings or options.format == "json":
        show(findings, _COLUMNS, format_=options.format)
    else:
        print("everything is in order")
    return DamagedError.exit_code if any(finding["is_damage"] for finding in findings) else EXIT_OK


def _found(config: Config, keys: Keys | None, *, acknowledges: bool) -> list[dict[str, Any]]:
    """Look at everything; forget the damage of spools where that was said."""
    findings = [asdict(finding) for finding in check(config.paths, keys)]
    if acknowledges:
        with closing(connect(config.paths.store)) as connection, transaction(connection, config.paths.store):
            spools.forget_damage(connection)
    return findings


def _plain(found: Migrated | Restored) -> dict[str, Any]:
    """Return what was done in the words of JSON."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(found).items()}


COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True)
