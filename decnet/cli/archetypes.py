# SPDX-License-Identifier: MIT
"""``decnet archetypes``: the kinds of decoys."""

from argparse import ArgumentParser, Namespace

from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import add_format, show
from decnet.config.model import Config
from decnet.engine.catalogue import shelf

_COLUMNS = ("name", "lures", "systems", "summary")


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_format(parser)


def _run(options: Namespace, config: Config) -> int:  # noqa: ARG001 - every command gets the configuration
    """Show a row for each archetype."""
    rows = [
        {
            "name": archetype.name,
            "lures": list(archetype.lures),
            "systems": [release.name for release in archetype.releases],
            "hardware": [f"{machine.vendor} {machine.model}" for machine in archetype.hardware],
            "summary": archetype.summary,
        }
        for archetype in shelf().archetypes.values()
    ]
    show(rows, _COLUMNS, format_=options.format)
    return EXIT_OK


COMMAND = Command(arguments=_arguments, run=_run)
