# SPDX-License-Identifier: MIT
"""``decnet lures``: the protocols that decoys speak, or the options of one of them."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import add_format, show
from decnet.config.model import Config
from decnet.lures.loading import load
from decnet.lures.options import Option, describe
from decnet.lures.registry import LURES, lure_type

_COLUMNS = ("name", "port", "summary")
_OPTION_COLUMNS = ("name", "type", "default", "description")


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show the options of this lure: keys of [decoy NAME/LURE]")
    add_format(parser)


def _run(options: Namespace, config: Config) -> int:  # noqa: ARG001 - every command gets the configuration
    """Show the lures, or the options of the one that was named."""
    if options.name is None:
        show(({column: getattr(lure, column) for column in _COLUMNS} for lure in LURES), _COLUMNS, format_=options.format)
        return EXIT_OK
    lure = lure_type(options.name)
    port = Option(name="port", type="number", default=str(lure.port), description="the TCP port on every address of the decoy")
    rows = [asdict(option) for option in (port, *describe(load(lure.options)))]
    show(rows, _OPTION_COLUMNS, format_=options.format)
    return EXIT_OK


COMMAND = Command(arguments=_arguments, run=_run)
