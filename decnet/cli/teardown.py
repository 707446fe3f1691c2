# SPDX-License-Identifier: MIT
"""``decnet teardown``: take decoys away, by name, by fleet, or all of them."""

from argparse import ArgumentParser, Namespace

from decnet.cli import change
from decnet.cli.command import Command
from decnet.config.model import Config
from decnet.domain.choice import choose
from decnet.errors import PlanError


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a decoy, or a fleet: all of its decoys")
    parser.add_argument("--all", action="store_true", help="every decoy of this host")
    change.add_arguments(parser)


def _run(options: Namespace, config: Config) -> int:
    """Show what goes, and take it away."""
    if bool(options.names) == options.all:
        raise PlanError("say which decoys: names, or --all", remedy="decnet status lists them")
    current = change.look(config)
    fleets = {entry.name: entry.fleet for entry in current.state.decoys}
    gone = frozenset(fleets) if options.all else choose(options.names, fleets)
    return change.carry_out(options, config, current, current.state.without(gone))


COMMAND = Command(arguments=_arguments, run=_run)
