# SPDX-License-Identifier: MIT
"""``decnet configure``: who decnet is on this host, and everything that follows from it."""

from argparse import Namespace

from decnet.cli.command import StandaloneCommand
from decnet.config.load import environment
from decnet.install import arguments


def _run(options: Namespace) -> int:
    """Do what was asked, and return the configurator's own exit code."""
    return arguments.carry_out(options, environment())


COMMAND = StandaloneCommand(arguments=arguments.declare, run=_run, parser=arguments.Parser)
