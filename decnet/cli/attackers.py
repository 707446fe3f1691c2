# SPDX-License-Identifier: MIT
"""``decnet attackers``: who touched a decoy."""

import ipaddress
import sqlite3
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import asdict

from decnet.cli.command import EXIT_OK, Command, count
from decnet.cli.output import Row, add_format, show
from decnet.config.model import Config
from decnet.errors import NotFoundError, PlanError
from decnet.store import attackers
from decnet.store.attackers import Attacker
from decnet.store.database import connect, explained

_COLUMNS = ("address", "first_at", "last_at", "touches", "credentials", "records", "decoys")
_DEFAULT_LIMIT = 50


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("address", nargs="?", help="one attacker, with the names of the decoys that it reached")
    parser.add_argument("--limit", type=count, default=_DEFAULT_LIMIT, help=f"at most so many attackers ({_DEFAULT_LIMIT})")
    add_format(parser)


def _run(options: Namespace, config: Config) -> int:
    """Show the attackers, the latest last, or one of them."""
    with closing(connect(config.paths.store, read_only=True)) as connection, explained(config.paths.store):
        if options.address is None:
            rows = [_row(found, options) for found in attackers.newest(connection, limit=options.limit)]
        else:
            rows = [_one(connection, options)]
    show(rows, (*_COLUMNS, "names") if options.address else _COLUMNS, format_=options.format)
    return EXIT_OK


def _one(connection: sqlite3.Connection, options: Namespace) -> Row:
    """Return one attacker and the decoys that it reached."""
    try:
        address = str(ipaddress.ip_address(options.address))
    except ValueError:
        raise PlanError(f"{options.address!r} is no IP address", remedy="decnet attackers") from None
    found = attackers.get(connection, address)
    if found is None:
        raise NotFoundError(f"{address} never touched a decoy", remedy="decnet attackers")
    return {**_row(found, options), "names": attackers.decoys_of(connection, address)}


def _row(attacker: Attacker, options: Namespace) -> Row:
    """Return an attacker as a row."""
    row = asdict(attacker)
    if options.format == "text":
        row |= {name: f"{row[name]:%Y-%m-%d %H:%M:%S}" for name in ("first_at", "last_at")}
    return row


COMMAND = Command(arguments=_arguments, run=_run, uses_store=True)
