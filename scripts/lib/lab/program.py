# SPDX-License-Identifier: MIT
"""Programs, run to their end with a deadline; the arguments are ours or a test's, and no shell reads them."""

import subprocess
import sys
from collections.abc import Sequence

from decnet.errors import HostError

DEADLINE_SECONDS = 60.0

Finished = subprocess.CompletedProcess[str]


class CommandFailedError(HostError):
    """A command ended with another code than 0; ``finished`` is all that it left."""

    def __init__(self, what: str, finished: Finished) -> None:
        said = "\n".join(part.strip() for part in (finished.stdout, finished.stderr) if part.strip())
        super().__init__(f"{what} failed with {finished.returncode}: {said}")
        self.finished = finished


def attempt(argv: Sequence[str], *, what: str, stdin: str = "", deadline_seconds: float = DEADLINE_SECONDS) -> Finished:
    """Run a program and return what it left; ``what`` names it in ``HostError``, raised where it is not there or too slow."""
    try:
        # in a process group of its own: what signals all of its group, even from inside a machine, does not reach us
        return subprocess.run(  # noqa: S603 - see above
            argv,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=deadline_seconds,
            check=False,
            process_group=0,
        )
    except FileNotFoundError:
        raise HostError(f"{argv[0]} is not installed", remedy="scripts/lab build, which installs what the lab needs") from None
    except subprocess.TimeoutExpired as error:
        said = b"".join(part for part in (error.stdout, error.stderr) if part).decode(errors="replace")
        raise HostError(f"{what} did not end within {deadline_seconds:.0f} s; it said: {said}") from None


def pass_through(argv: Sequence[str]) -> int:
    """Run a program with our own standard streams; return its exit code, or 128 and the number of the signal that ended it."""
    # in a group of its own, as above; but only ours gets the keys of a terminal, and with them Ctrl-C
    group = None if sys.stdin.isatty() else 0
    code = subprocess.call(argv, process_group=group)  # noqa: S603 - as above
    return code if code >= 0 else 128 - code


def finish(*argv: str, stdin: str = "") -> str:
    """Run a program of the host that has to go well, and return what it printed."""
    what = " ".join(argv)
    return expect_success(attempt(argv, what=what, stdin=stdin), what=what).stdout


def expect_success(finished: Finished, *, what: str) -> Finished:
    """Return what a program left; raise ``CommandFailedError`` where it did not go well."""
    if finished.returncode:
        raise CommandFailedError(what, finished)
    return finished
