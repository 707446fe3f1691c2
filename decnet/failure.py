# SPDX-License-Identifier: MIT
"""
What may be told of an exception, and where.

An exception in a lure may hold what an attacker sent: in its message, its arguments, its notes, in the name of a file. ``told``
is for logs, which anybody may read: types, causes, groups, and the frames (file, line, function), none of which he can choose.
Of messages it shows those of ``DecnetError``, ours and without anything captured, and the system's words for an ``errno``.
``messages`` is for evidence, which is encrypted at rest: all that the exceptions say.
"""

import errno
import os
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from decnet.errors import DecnetError

EXCEPTIONS = 32
FIRST_FRAMES = 20
LAST_FRAMES = 60


@dataclass(frozen=True)
class _Link:
    """One exception of several that belong together: how it belongs to the one before, and how deep in groups it is."""

    relation: str
    error: BaseException
    depth: int = 0


def told(error: BaseException) -> str:
    """Return an exception for a log: several lines, and no word that an attacker can choose."""
    lines = []
    for link in _links(error):
        indent = "  " * link.depth
        lines.append(f"{indent}{link.relation}{named(link.error)}")
        lines += [f"{indent}  {frame}" for frame in _frames(link.error)]
    return "\n".join(lines)


def named(error: BaseException) -> str:
    """Return an exception for a log in one line: its type and, where it is ours or the kernel's, its reason."""
    reason = _reason(error)
    return f"{type_of(error)}: {reason}" if reason else type_of(error)


def messages(error: BaseException) -> str:
    """Return all that an exception, its causes and its groups say; it may hold anything that an attacker sent."""
    said = [link.relation + "".join(traceback.format_exception_only(link.error)) for link in _links(error)]
    return "".join(said).rstrip("\n")


def type_of(error: BaseException) -> str:
    """Return the full name of an exception's type."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _links(error: BaseException) -> Iterator[_Link]:
    """Yield an exception and those that led to it, each once and not without end."""
    waiting, seen = [_Link("", error)], set[int]()
    while waiting and len(seen) < EXCEPTIONS:
        link = waiting.pop(0)
        if id(link.error) not in seen:
            seen.add(id(link.error))
            yield link
            waiting[:0] = _behind(link)


def _behind(link: _Link) -> list[_Link]:
    """Return what an exception was caused by, and what is in it where it is a group."""
    error, found = link.error, []
    if error.__cause__ is not None:
        found.append(_Link("caused by ", error.__cause__, link.depth))
    elif error.__context__ is not None and not error.__suppress_context__:
        found.append(_Link("raised while handling ", error.__context__, link.depth))
    if isinstance(error, BaseExceptionGroup):
        found += [_Link("in the group: ", each, link.depth + 1) for each in error.exceptions[:EXCEPTIONS]]
    return found


def _frames(error: BaseException) -> list[str]:
    """Return where an exception went through; of very many frames the first and the last."""
    walked = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    lines = [f'File "{code.co_filename}", line {line}, in {code.co_qualname}' for code, line in walked]
    left_out = len(lines) - FIRST_FRAMES - LAST_FRAMES
    if left_out > 0:
        lines[FIRST_FRAMES:-LAST_FRAMES] = [f"({left_out} frames)"]
    return lines


def _reason(error: BaseException) -> str:
    """Return the part of an exception's message that nobody outside can have written."""
    if isinstance(error, DecnetError):
        return error.message
    if isinstance(error, OSError) and type(error).__module__ == "builtins" and isinstance(error.errno, int):
        # not error.strerror: whoever raises an OSError may give it any words
        return f"[{errno.errorcode[error.errno]}] {os.strerror(error.errno)}" if error.errno in errno.errorcode else ""
    return ""
