# SPDX-License-Identifier: MIT
"""``decnet secrets create``: the keys of this host, made once."""

from argparse import ArgumentParser, Namespace

from decnet.cli.command import EXIT_OK, Command
from decnet.config.model import Config
from decnet.store import keys


def _arguments(parser: ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("create", help="make the keys that are missing; change none that is there")


def _run(_: Namespace, config: Config) -> int:
    """Make the keys and say which."""
    folder = config.paths.secrets
    made = keys.create(folder)
    print(f"made {', '.join(made)} in {folder}" if made else f"all keys are in {folder}")
    return EXIT_OK


COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True)
