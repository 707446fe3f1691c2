# SPDX-License-Identifier: MIT
"""The ways in which the configurator ends; maintainer scripts and automation read the exit codes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from decnet.errors import DecnetError

EXIT_OK = 0
EXIT_DIFFERENCES = 4


class InvalidError(DecnetError):
    """What was asked for is not possible, or did not work and was taken back; the host is as it was, and what ran runs."""

    exit_code = 1


class MigrationFailedError(DecnetError):
    """The store could not be brought to this version's schema; it is the one from before again."""

    exit_code = 2


class HalfAppliedError(DecnetError):
    """A step failed or was interrupted, or not everything that ran could be started again; running it again goes on."""

    exit_code = 3


class BusyError(DecnetError):
    """Another configuration of this host runs (``EX_TEMPFAIL`` of sysexits.h)."""

    exit_code = 75


def said_by(error: DecnetError | OSError) -> str:
    """Return the words of an error."""
    return error.message if isinstance(error, DecnetError) else str(error)


@contextmanager
def translated() -> Iterator[None]:
    """Let every error that is none of these end as an invalid input: the exit codes of others mean something else here."""
    try:
        yield
    except (InvalidError, MigrationFailedError, HalfAppliedError, BusyError):
        raise
    except DecnetError as error:
        raise InvalidError(error.message, remedy=error.remedy) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        remedy = "run it with sudo" if isinstance(error, PermissionError) and os.geteuid() != 0 else "decnet doctor"
        raise InvalidError(f"{where}{error.strerror or error}", remedy=remedy) from error
