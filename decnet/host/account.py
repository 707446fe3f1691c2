# SPDX-License-Identifier: MIT
"""
Work in a folder that a service owns, done as the account of that service, whoever asks for it.

The account may rename and link there what it likes, at any moment. Root, which opens a file there by its name, could be led to
another one: a child that has given up root for good cannot.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from decnet.errors import DecnetError, HostError
from decnet.host.disk import write_whole
from decnet.host.process import Identity

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long work may take, how large a file it may write, how much memory it may have: the kernel ends it there."""

    seconds: int
    file_bytes: int
    memory_bytes: int


def owner_of(folder: Path) -> Identity | None:
    """
    Return the account that has to work in a folder, for a missing one that of the folder above it.

    None where it is ours, or where we are not root and cannot be anybody else.
    """
    if os.geteuid() != 0:
        return None
    while not folder.exists():
        folder = folder.parent
    found = folder.stat()
    return Identity(uid=found.st_uid, gid=found.st_gid) if found.st_uid else None


def as_account(account: Identity | None, work: Callable[[], Any], bounds: Bounds | None = None) -> Any:
    """
    Do ``work`` in a child that is this account, and return what it returned, which has to fit JSON; None: do it here.

    What we have loaded and opened the child has, too; other processes of the account cannot look into it. A ``DecnetError`` of
    the child is raised here. The child ends with us; where there are ``bounds``, also at one of them: then a ``HostError`` is
    raised.
    """
    if account is None:
        return work()
    sys.stdout.flush()
    sys.stderr.flush()
    answer, pipe = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(answer)
        _work(account, work, pipe, bounds)
    os.close(pipe)
    try:
        with os.fdopen(answer, "rb") as file:
            said = file.read()
    finally:
        _, status = os.waitpid(child, 0)
    return _understood(said, os.waitstatus_to_exitcode(status))


def _work(account: Identity, work: Callable[[], Any], pipe: int, bounds: Bounds | None) -> NoReturn:
    """Be the child, to its end: nothing of its caller's runs a second time."""
    code = 1
    try:
        _bind(bounds)
        _become(account)
        _close_up()
        try:
            answer = {"done": work()}
        except DecnetError as error:
            answer = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
        write_whole(pipe, json.dumps(answer).encode())
        code = 0
    finally:
        kind, error_, trace = sys.exc_info()
        if kind is not None and error_ is not None and not isinstance(error_, KeyboardInterrupt):
            sys.excepthook(kind, error_, trace)
        os._exit(code)


def _become(account: Identity) -> None:
    """Give up root for good, its groups first."""
    try:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
    except OSError as error:
        raise HostError(
            f"root cannot become the account {account.uid} here: {error.strerror}",
            remedy=f"setpriv --reuid {account.uid} --regid {account.gid} --clear-groups, and the command",
        ) from error


def _bind(bounds: Bounds | None) -> None:
    """Let the kernel end us at a bound: whatever a library does then, and whatever it waits for."""
    if bounds is None:
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (bounds.file_bytes, bounds.file_bytes))
    resource.setrlimit(resource.RLIMIT_DATA, (bounds.memory_bytes, bounds.memory_bytes))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(bounds.seconds)


def _close_up() -> None:
    """
    End with who asked, and let no other process of the account look into ours (prctl(2)).

    A change of the account undoes both, so they are done after it.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _understood(said: bytes, code: int) -> Any:
    """Return what the child returned, or raise what it raised."""
    if not said and code == -signal.SIGALRM:
        raise HostError("the work as the owner of the folder did not end in time", remedy="decnet doctor")
    if not said:
        raise HostError(f"the work as the owner of the folder ended with {code}", remedy="decnet doctor")
    answer = json.loads(said)
    if "done" in answer:
        return answer["done"]
    kinds = {kind.__name__: kind for kind in DecnetError.__subclasses__()}
    raise kinds.get(answer["error"], HostError)(answer["message"], remedy=answer["remedy"])
