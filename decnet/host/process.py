# SPDX-License-Identifier: MIT
"""
The only way to run a program and wait for its end: argument lists, a deadline, a typed error.

Nothing goes through a shell. What a program says is kept and never shown by itself: the standard output of the one who
asked may be somebody's protocol.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from decnet.errors import HostError

_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_NOT_FOUND = 127
_TIMED_OUT = 124


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a program ended, and what it said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The account that a program is run as; it keeps no group of ours."""

    uid: int
    gid: int


class CommandFailed(HostError):  # noqa: N818 - it says what happened, as CalledProcessError does
    """A program could not be run, took too long, or said that it failed."""

    def __init__(self, arguments: Sequence[str], code: int, stderr: str) -> None:
        said = stderr.strip().splitlines()
        super().__init__(f"{' '.join(arguments)} ended with {code}" + (f": {said[-1]}" if said else ""))
        self.arguments = tuple(arguments)
        self.code = code
        self.stderr = stderr


def run(
    arguments: Sequence[str],
    *,
    timeout_seconds: float = 60.0,
    given: str | None = None,
    environment: Mapping[str, str] | None = None,
    identity: Identity | None = None,
    descriptors: Sequence[int] = (),
) -> Finished:
    """
    Run a program with ``given`` on its standard input and return what it did, whatever its exit code.

    Without ``environment`` it inherits ours, with the system's own programs on the path; ``descriptors`` are those of ours
    that it keeps open. Raises ``CommandFailed`` where the program does not exist or the deadline passed.
    """
    as_whom: dict[str, Any] = {}
    if identity is not None:
        as_whom = {"user": identity.uid, "group": identity.gid, "extra_groups": []}
    try:
        done = subprocess.run(  # noqa: S603, TID251 - the one place; the arguments are a list
            list(arguments),
            input=given if given is not None else "",
            env=_inherited() if environment is None else environment,
            timeout=timeout_seconds,
            pass_fds=tuple(descriptors),
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            check=False,
            **as_whom,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(arguments, _TIMED_OUT, f"no end within {timeout_seconds:.0f} s") from error
    except OSError as error:
        raise CommandFailed(arguments, _NOT_FOUND, error.strerror or str(error)) from error
    return Finished(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def search_path(given: str) -> str:
    """Return a path with the folders of the system's programs behind what was given: su leaves out those of root's."""
    folders = [folder for folder in given.split(":") if folder]
    return ":".join([*folders, *(folder for folder in _FOLDERS if folder not in folders)])


def _inherited() -> dict[str, str]:
    """Return our environment, with the programs of the system on its path."""
    ours = dict(os.environ)  # noqa: TID251 - what a child inherits, and nothing that decides what we do
    return ours | {"PATH": search_path(ours.get("PATH", ""))}


def check(arguments: Sequence[str], **options: Any) -> Finished:
    """Run a program as ``run`` does; raise ``CommandFailed`` also where its exit code is not 0."""
    done = run(arguments, **options)
    if done.code:
        raise CommandFailed(arguments, done.code, done.stderr or done.stdout)
    return done
