# SPDX-License-Identifier: MIT
"""Redirections: which streams a command gets."""

import os
import re
from typing import Protocol

from decnet.lures.shell.budget import Budget
from decnet.lures.shell.expansion import Expander, Surroundings
from decnet.lures.shell.session import Session
from decnet.lures.shell.state import ShellError
from decnet.lures.shell.streams import FileOutput, Sink, Source
from decnet.lures.shell.syntax import Redirect

Descriptors = dict[int, Source | Sink]
ERROR = 2
_NETWORK = re.compile(r"/dev/(tcp|udp)/([^/]+)/([^/]+)")
_FORGETTING = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


class Redirecting(Surroundings, Protocol):
    """What redirections need of a shell."""

    session: Session
    descriptors: Descriptors
    budget: Budget

    async def pause(self, seconds: float) -> None:
        """Wait as long as the machine would."""


async def redirected(shell: Redirecting, redirects: tuple[Redirect, ...]) -> Descriptors:
    """Return the descriptors after ``redirects``; raise ``ShellError`` where one fails."""
    descriptors = dict(shell.descriptors)
    for redirect in redirects:
        try:
            await _apply(shell, redirect, descriptors)
        except OSError as error:
            name = await Expander(shell).text(redirect.target)
            raise ShellError(f"{name}: {os.strerror(error.errno or 0)}") from error
    return descriptors


async def _apply(shell: Redirecting, redirect: Redirect, descriptors: Descriptors) -> None:
    expander = Expander(shell)
    operator = redirect.operator
    if operator in ("<<", "<<-", "<<<"):
        text = await expander.text(redirect.body if redirect.body is not None else redirect.target)
        text += "\n" if operator == "<<<" else ""
        descriptors[redirect.descriptor] = Source(text.encode("utf-8", "surrogateescape"))
        return
    words = await expander.words((redirect.target,))
    if len(words) != 1:
        raise ShellError(f"{redirect.target.literal or '$' + '*'}: ambiguous redirect")
    target = words[0]
    if operator in (">&", "<&") and (target == "-" or target.isdigit()):
        _duplicate(redirect, target, descriptors)
    elif operator == "<":
        descriptors[redirect.descriptor] = await _reading(shell, target, descriptors)
    else:
        sink = await _writing(shell, target, descriptors, append=operator in (">>", "&>>", "<>"))
        if redirect.descriptor < 0 or (operator == ">&" and redirect.descriptor == 1):
            descriptors[1] = descriptors[ERROR] = sink
        else:
            descriptors[redirect.descriptor] = sink


def _duplicate(redirect: Redirect, target: str, descriptors: Descriptors) -> None:
    if target == "-":
        descriptors.pop(redirect.descriptor, None)
        return
    source = descriptors.get(int(target[:4]))
    if source is None:
        raise ShellError(f"{target}: Bad file descriptor")
    descriptors[redirect.descriptor] = source


async def _reading(shell: Redirecting, target: str, descriptors: Descriptors) -> Source:
    stream = _standard(target, descriptors)
    if isinstance(stream, Source):
        return stream
    if match := _NETWORK.fullmatch(target):
        await _connect(shell, match)
    return Source(shell.filesystem.read(shell.absolute(target)))


async def _writing(shell: Redirecting, target: str, descriptors: Descriptors, *, append: bool) -> Sink:
    stream = _standard(target, descriptors)
    if isinstance(stream, Sink):
        return stream
    if match := _NETWORK.fullmatch(target):
        await _connect(shell, match)
    if target in _FORGETTING:
        return Sink()
    path = shell.absolute(target)
    if path == "/dev/null":
        return Sink()
    return FileOutput(shell.filesystem, path, append=append)


def _standard(target: str, descriptors: Descriptors) -> Source | Sink | None:
    number = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2, "/dev/tty": 1}.get(target)
    match = re.fullmatch(r"/(?:dev|proc/self)/fd/([0-9]{1,3})", target)
    return descriptors.get(int(match[1]) if match else -1 if number is None else number)


async def _connect(shell: Redirecting, match: re.Match[str]) -> None:
    """Pretend to connect; record where to."""
    shell.session.download(f"{match[1]}://{match[2]}:{match[3]}", "bash")
    await shell.pause(5)
    raise ShellError(f"connect: Connection timed out\n{shell.state.prefix}{match[0]}: Connection timed out")


__all__ = ["Descriptors", "Redirecting", "redirected"]
