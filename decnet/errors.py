# SPDX-License-Identifier: MIT
"""
Every error that an operator can see: what happened, what mends it, one exit code.

Subclasses are cut by what the operator does next, not by where the error was raised. Python owns exit code 1 and argparse
owns 2; services leave with 78 (``EX_CONFIG`` of sysexits.h) where a restart cannot help, so that systemd does not try one.
"""

from typing import ClassVar


class DecnetError(Exception):
    """
    An error with a sentence for people and, where there is one, the command that mends it.

    ``message`` says what happened and why; ``remedy`` says what to do next and may be empty.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class PlanError(DecnetError):
    """A fleet, an archetype or a request is not valid; nothing was changed."""


class NotFoundError(DecnetError):
    """What was named does not exist."""

    exit_code = 4


class HostError(DecnetError):
    """The host refused: a file, a socket, a command, a permission."""

    exit_code = 5


class InUseError(DecnetError):
    """Somebody else holds what was asked for: a port, a socket, a lock."""

    exit_code = 6


class NotRunningError(DecnetError):
    """A service that is needed for this does not answer."""

    exit_code = 7


class DiskFullError(DecnetError):
    """There is no room to write what had to be written."""

    exit_code = 8


class DamagedError(DecnetError):
    """Stored data is not what it has to be: a spool, a blob, a database."""

    exit_code = 9


class BusError(DecnetError):
    """The bus refused a frame, a pattern or a policy."""

    exit_code = 10


class ConfigError(DecnetError):
    """The configuration is wrong; a restart would not mend it."""

    exit_code = 78


class StoreOutdatedError(DecnetError):
    """The store's schema is not the one of this version; it has to be migrated, or the package is too old."""

    exit_code = 78
