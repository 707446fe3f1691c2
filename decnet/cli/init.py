# SPDX-License-Identifier: MIT
"""``decnet init``: install the services of a checkout or of a virtual environment, without a package."""

from argparse import Namespace

from decnet.cli.command import StandaloneCommand
from decnet.config.load import environment
from decnet.install import installation


def _run(options: Namespace) -> int:
    """Do what was asked, a line for each point."""
    return installation.carry_out(options, environment(), print)


COMMAND = StandaloneCommand(arguments=installation.declare, run=_run)
