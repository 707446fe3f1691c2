# SPDX-License-Identifier: MIT
"""``decnet status``: what each decoy does, as the agent told it last."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import Row, add_format, show
from decnet.config.model import Config
from decnet.domain.choice import choose
from decnet.domain.desired import decode
from decnet.engine.lock import holder
from decnet.engine.messages import Key
from decnet.engine.messages import show as place
from decnet.engine.report import AgentReport, Applied, DecoyReport, Kind, read
from decnet.errors import HostError
from decnet.lures.loading import planted

Accounts = dict[tuple[str, str], list[str]]
"""The planted accounts, user:password, by decoy and lure."""

_COLUMNS = ("decoy", "archetype", "hostname", "lure", "listens", "state")


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a decoy, or a fleet; without names all of them")
    parser.add_argument("--reveal", action="store_true", help="show the planted accounts, user:password")
    add_format(parser)


def _run(options: Namespace, config: Config) -> int:
    """Show a row for each lure on each address; as JSON an object for each decoy."""
    report = _told(config.paths.agent / "decoys.json", AgentReport)
    is_running = bool(holder(config.paths.agent_lock))
    if not is_running:
        what = "; this is what it told last" if report else " and has told nothing yet"
        print(f"the agent does not run{what}", file=sys.stderr)
    decoys = _chosen(options.names, report.decoys if report else ())
    accounts = _accounts(config) if options.reveal else {}
    if options.format == "json":
        show((_object(decoy, accounts, is_running=is_running) for decoy in decoys), (), format_="json")
    else:
        columns = (*_COLUMNS[:-1], "accounts", _COLUMNS[-1]) if options.reveal else _COLUMNS
        show((row for decoy in decoys for row in _rows(decoy, accounts, is_running=is_running)), columns, format_="text")
    return EXIT_OK


def _chosen(names: list[str], decoys: tuple[DecoyReport, ...]) -> tuple[DecoyReport, ...]:
    """Return the decoys that are meant, all where nothing was said."""
    chosen = choose(names, {decoy.name: decoy.fleet for decoy in decoys})
    return tuple(decoy for decoy in decoys if decoy.name in chosen or not names)


def _accounts(config: Config) -> Accounts:
    """Return the accounts that the lures plant, as the agent was asked for them; only who may read its secrets learns them."""
    applied = _told(config.paths.agent / "desired.json", Applied)
    decoys = decode(applied.document.encode()).decoys if applied else ()
    found = {(entry.name, lure.name): planted(lure.name, entry.decoy, lure.options) for entry in decoys for lure in entry.lures}
    return {place: [f"{user}:{password}" for user, password in accounts.items()] for place, accounts in found.items()}


def _told(path: Path, kind: type[Kind]) -> Kind | None:
    """Return what the agent wrote last."""
    try:
        return read(path, kind)
    except PermissionError as error:
        raise HostError(f"{path} cannot be read by this account", remedy="run this as the user of the services") from error


def _object(decoy: DecoyReport, accounts: Accounts, *, is_running: bool) -> dict[str, Any]:
    """Return one decoy as it is told to programs; without an agent nobody knows how it is."""
    told = {**asdict(decoy), "state": decoy.state if is_running else "unknown"}
    return (
        {**told, "accounts": {lure.name: accounts.get((decoy.name, lure.name), []) for lure in decoy.lures}}
        if accounts
        else told
    )


def _rows(decoy: DecoyReport, accounts: Accounts, *, is_running: bool) -> Iterator[Row]:
    """Yield the lines of a decoy's table; errors stand behind the state."""
    for lure in decoy.lures:
        state = lure.state if is_running else "unknown"
        yield {
            "decoy": decoy.name,
            "archetype": decoy.archetype,
            "hostname": decoy.hostname,
            "lure": lure.name,
            "listens": place(Key(lure.address, lure.port)),
            "accounts": accounts.get((decoy.name, lure.name), []),
            "state": f"{state}: {lure.error}" if lure.error else state,
        }


COMMAND = Command(arguments=_arguments, run=_run)
