# SPDX-License-Identifier: MIT
"""``decnet store``: migrate it, back it up, restore it, check it."""

from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from decnet import paths
from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import add_format, show
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.errors import DamagedError
from decnet.install import host, migration
from decnet.store import spools
from decnet.store.backup import back_up
from decnet.store.check import check
from decnet.store.database import SCHEMA, connect, transaction
from decnet.store.migrate import migrate
from decnet.store.restore import restore

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
    checks = actions.add_parser("check", help="look at every page, every captured file, every spool's place")
    checks.add_argument("--acknowledge", action="store_true", help="show damage in spools a last time, then forget it")
    add_format(checks)


def _run(options: Namespace, config: Config) -> int:
    """Do what was asked."""
    if options.action == "migrate":
        return _migrate(config, keeps_backup=not options.no_backup)
    if options.action == "backup":
        size = back_up(config.paths.store, options.file)
        print(f"{options.file}: {size} bytes, verified; the keys in {config.paths.secrets} are not part of it")
        return EXIT_OK
    if options.action == "restore":
        return _restore(options.file, config)
    return _check(options, config)


def _restore(backup: Path, config: Config) -> int:
    """Restore, note the schema for the package's scripts, and say what comes next."""
    done = restore(config.paths.store, backup)
    if config.paths.store == paths.SYSTEM.store:
        migration.stamp(host.of(Path("/"), environment()), done.schema)
    kept = f"; the store before it is {done.replaced}" if done.replaced else ""
    print(f"the store has schema {done.schema} and what {backup} had{kept}")
    if done.schema != SCHEMA:
        print(f"this version needs schema {SCHEMA}: install the older version now, or run: decnet store migrate")
    return EXIT_OK


def _migrate(config: Config, *, keeps_backup: bool) -> int:
    """Migrate and say what happened."""
    done = migrate(config.paths.store, keeps_backup=keeps_backup)
    if done.before == done.after:
        print(f"the store has schema {done.after}: nothing to do")
        return EXIT_OK
    kept = f"; the store before it is {done.backup}" if done.backup else ""
    print(f"the store was brought from schema {done.before} to {done.after}{kept}")
    return EXIT_OK


def _check(options: Namespace, config: Config) -> int:
    """Show what is found; exit 9 where data is damaged."""
    findings = list(check(config.paths))
    if findings or options.format == "json":
        show((asdict(finding) for finding in findings), _COLUMNS, format_=options.format)
    else:
        print("everything is in order")
    if options.acknowledge:
        with closing(connect(config.paths.store)) as connection, transaction(connection, config.paths.store):
            spools.forget_damage(connection)
    return DamagedError.exit_code if any(finding.is_damage for finding in findings) else EXIT_OK


COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True)
