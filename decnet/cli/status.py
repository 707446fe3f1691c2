# SPDX-License-Identifier: MIT
"""``decnet status``: what each decoy does, as the agent told it last."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import Row, add_format, show
from decnet.config.model import Config
from decnet.engine.lock import holder
from decnet.engine.messages import Key
from decnet.engine.messages import show as place
from decnet.engine.report import AgentReport, DecoyReport, read
from decnet.errors import HostError

_COLUMNS = ("decoy", "archetype", "hostname", "lure", "listens", "state")


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_format(parser)


def _run(options: Namespace, config: Config) -> int:
    """Show a row for each lure on each address; as JSON an object for each decoy."""
    report = _report(config)
    is_running = bool(holder(config.paths.handover_socket.with_suffix(".lock")))
    if not is_running:
        print("the agent does not run; this is what it told last", file=sys.stderr)
    decoys = report.decoys if report else ()
    if options.format == "json":
        show((_object(decoy, is_running=is_running) for decoy in decoys), (), format_="json")
    else:
        show((row for decoy in decoys for row in _rows(decoy, is_running=is_running)), _COLUMNS, format_="text")
    return EXIT_OK


def _report(config: Config) -> AgentReport | None:
    """Return what the agent told last."""
    path = config.paths.agent / "decoys.json"
    try:
        return read(path, AgentReport)
    except PermissionError as error:
        raise HostError(f"{path} cannot be read by this account", remedy="run this as the user of the services") from error


def _object(decoy: DecoyReport, *, is_running: bool) -> dict[str, Any]:
    """Return one decoy as it is told to programs; without an agent nobody knows how it is."""
    return {**asdict(decoy), "state": decoy.state if is_running else "unknown"}


def _rows(decoy: DecoyReport, *, is_running: bool) -> Iterator[Row]:
    """Yield the lines of a decoy's table; errors stand behind the state."""
    for lure in decoy.lures:
        state = lure.state if is_running else "unknown"
        yield {
            "decoy": decoy.name,
            "archetype": decoy.archetype,
            "hostname": decoy.hostname,
            "lure": lure.name,
            "listens": place(Key(lure.address, lure.port)),
            "state": f"{state}: {lure.error}" if lure.error else state,
        }


COMMAND = Command(arguments=_arguments, run=_run)
