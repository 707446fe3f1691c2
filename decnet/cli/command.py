# SPDX-License-Identifier: MIT
"""What a command of the command line is: data and a function."""

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from decnet.config.model import Config

EXIT_OK = 0
_DIGITS = 18


@dataclass(frozen=True, kw_only=True)
class Command:
    """
    One command: ``arguments`` declares its options on its parser, ``run`` does the work and returns the exit code.

    Errors leave ``run`` as ``DecnetError``; ``decnet.cli.main`` turns them into words and exit codes. A command that may load a
    key of this host ``uses_keys``: before it runs, its memory is closed to other processes of the account and to core dumps;
    of its failures standard error gets what a log would. One that ``uses_store`` runs as the account that owns the store,
    where root asks.
    """

    needs_config: ClassVar[Literal[True]] = True
    parser: ClassVar[type[ArgumentParser]] = ArgumentParser

    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Config], int]
    uses_keys: bool = False
    uses_store: bool = False


@dataclass(frozen=True, kw_only=True)
class StandaloneCommand:
    """
    A command that works whatever the configuration says, even where it is wrong; it never loads a key.

    ``parser`` is the kind of its parser, for one whose exit codes are its own.
    """

    needs_config: ClassVar[Literal[False]] = False
    uses_keys: ClassVar[Literal[False]] = False

    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    parser: type[ArgumentParser] = ArgumentParser


def count(given: str) -> int:
    """Return a number above 0, at most what the store can count; raise ``ArgumentTypeError`` for anything else."""
    if not (given.isascii() and given.isdecimal()) or len(given) > _DIGITS or int(given) < 1:
        raise ArgumentTypeError(f"{given!r} is no number above 0")
    return int(given)


def duration(given: str) -> float:
    """Return a number that is finite and not negative; raise ``ArgumentTypeError`` for anything else."""
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ArgumentTypeError(f"{given!r} is no number, 0 or above")
    return number
