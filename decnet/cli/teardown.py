# SPDX-License-Identifier: MIT
"""``decnet teardown``: take decoys away, by name, by fleet, or all of them."""

from argparse import ArgumentParser, Namespace

from decnet.cli import change
from decnet.cli.command import Command
from decnet.config.model import Config
from decnet.domain.desired import DesiredState
from decnet.domain.problem import unknown
from decnet.errors import NotFoundError, PlanError


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
    gone = frozenset(entry.name for entry in current.state.decoys) if options.all else _named(options.names, current.state)
    return change.carry_out(options, config, current, current.state.without(gone))


def _named(names: list[str], state: DesiredState) -> frozenset[str]:
    """Return the decoys that are meant; raise ``NotFoundError`` for every name that is none."""
    fleets: dict[str, set[str]] = {}
    for entry in state.decoys:
        fleets.setdefault(entry.fleet, set()).add(entry.name)
    known = {entry.name for entry in state.decoys}
    missing = [unknown("decoy or fleet", name, (*known, *fleets)) for name in names if name not in known and name not in fleets]
    if missing:
        raise NotFoundError("\n".join(missing), remedy="decnet status lists them")
    return frozenset(decoy for name in names for decoy in ({name} if name in known else fleets[name]))


COMMAND = Command(arguments=_arguments, run=_run)
