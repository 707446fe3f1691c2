# SPDX-License-Identifier: MIT
"""What a command of the command line is: data and a function."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from decnet.config.model import Config

EXIT_OK = 0


@dataclass(frozen=True, kw_only=True)
class Command:
    """
    One command: ``arguments`` declares its options on its parser, ``run`` does the work and returns the exit code.

    Errors leave ``run`` as ``DecnetError``; ``decnet.cli.main`` turns them into words and exit codes.
    """

    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Config], int]
