# SPDX-License-Identifier: MIT
"""Listings as vsftpd makes them: its own ``ls``, with the options a, l, r, t, F and patterns of ``*``, ``?``, ``{a,b}``."""

import heapq
import itertools
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from decnet.lures.ftp.place import Files
from decnet.lures.shell.filesystem import Status
from decnet.lures.shell.transfer import encode

HALF_YEAR_SECONDS = 182 * 86400
MAX_STEPS = 100_000
_MAX_CHOICES = 16
_BRACES = re.compile(rb"\{([^{}]*)\}")
_TYPES = {stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFCHR: "c", stat.S_IFBLK: "b", stat.S_IFIFO: "p", stat.S_IFSOCK: "s"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be listed: options, a folder, and a pattern (empty: everything in it)."""

    options: bytes
    folder: bytes
    pattern: bytes
    prefix: bytes


def wanted(files: Files, argument: bytes) -> Wanted | None:
    """Return what an argument asks for; nothing where its folder cannot be opened."""
    options, rest = b"", argument
    if argument.startswith(b"-"):
        options, _, rest = argument[1:].partition(b" ")
    rest = files.expand(rest)
    if not rest:
        return Wanted(options=options, folder=b".", pattern=b"", prefix=b"") if _opens(files, b".") else None
    if _opens(files, rest):
        return Wanted(options=options, folder=rest, pattern=b"", prefix=b"" if rest == b"." else rest.rstrip(b"/") + b"/")
    folder, slash, pattern = rest.rpartition(b"/")
    if not slash:
        return Wanted(options=options, folder=b".", pattern=rest, prefix=b"") if _opens(files, b".") else None
    folder = folder or b"/"
    prefix = folder.rstrip(b"/") + b"/"
    return Wanted(options=options, folder=folder, pattern=pattern, prefix=prefix) if _opens(files, folder) else None


def rows(files: Files, asked: Wanted, *, detailed: bool, hidden: bool = False, now: float) -> Iterator[bytes]:
    """Yield the lines of a listing, each ended; raises ``OSError`` where the folder went meanwhile."""
    detailed = detailed or b"l" in asked.options
    entries = _entries(files, asked, hidden=hidden or b"a" in asked.options)
    if b"t" in asked.options:
        entries = iter(sorted(entries, key=lambda entry: -entry[1].modified))
    if b"r" in asked.options:
        entries = reversed(list(entries))
    for name, status in entries:
        mark = b"/" if b"F" in asked.options and stat.S_ISDIR(status.mode) else b""
        if detailed:
            yield _row(files, asked, name, status, now) + mark + b"\r\n"
        else:
            yield asked.prefix + name + mark + b"\r\n"


def permissions(mode: int) -> str:
    """Return type and permissions in ten letters; there is no letter for a file that is no regular one elsewhere."""
    return _TYPES.get(stat.S_IFMT(mode), "-") + stat.filemode(mode)[1:]


def date(modified: float, now: float) -> str:
    """Return the time of a file; the year stands for the hour where it is in the future or older than half a year."""
    moment = time.gmtime(min(max(modified, 0), 253402300799))
    is_recent = 0 <= now - modified <= HALF_YEAR_SECONDS
    return time.strftime("%b %d %H:%M" if is_recent else "%b %d  %Y", moment)


def _row(files: Files, asked: Wanted, name: bytes, status: Status, now: float) -> bytes:
    """Return one line of a long listing."""
    head = f"{permissions(status.mode)} {status.links:>4} {status.uid:<8} {status.gid:<8} {status.size:>8}"
    row = f"{head} {date(status.modified, now)} ".encode() + name
    if stat.S_ISLNK(status.mode):
        row += b" -> " + encode(files.filesystem.readlink(files.real(asked.folder.rstrip(b"/") + b"/" + name)))
    return row


def _entries(files: Files, asked: Wanted, *, hidden: bool) -> Iterator[tuple[bytes, Status]]:
    """Yield names and status of what is shown, in the order of the bytes of names."""
    folder = files.real(asked.folder)
    shows_dots = hidden or asked.pattern.startswith(b".")
    pattern = Pattern(asked.pattern)
    others = ((encode(name), status) for name, status in files.filesystem.scan(folder))
    for name, status in heapq.merge(_own(files, folder) if hidden else (), others, key=lambda entry: entry[0]):
        if (shows_dots or not name.startswith(b".")) and (not asked.pattern or pattern.passes(name)):
            yield name, status


def _own(files: Files, folder: str) -> Iterator[tuple[bytes, Status]]:
    """Yield a folder itself and the one above it, where their status may be known."""
    for name, path in ((b".", folder), (b"..", files.above(folder))):
        with suppress(OSError):
            yield name, files.filesystem.stat(path)


def _opens(files: Files, folder: bytes) -> bool:
    """Say whether a folder can be read."""
    try:
        files.filesystem.listdir(files.real(folder))
    except OSError:
        return False
    return True


class Pattern:
    """A pattern of ``*``, ``?`` and ``{a,b}``; like vsftpd's it gives up when it has cost too much, and nothing matches."""

    def __init__(self, pattern: bytes) -> None:
        self._choices = _choices(pattern)
        self._left = MAX_STEPS

    def passes(self, name: bytes) -> bool:
        """Say whether a name is of this pattern."""
        return any(self._compare(choice, name) for choice in self._choices)

    def _compare(self, pattern: bytes, name: bytes) -> bool:
        """Compare with a pattern of ``*`` and ``?``; after a failure it is enough to move the last star on."""
        at, here, star, mark = 0, 0, -1, 0
        while here < len(name) and self._left > 0:
            self._left -= 1
            if at < len(pattern) and pattern[at : at + 1] == b"*":
                star, mark = at, here
                at += 1
            elif at < len(pattern) and pattern[at : at + 1] in (b"?", name[here : here + 1]):
                at, here = at + 1, here + 1
            elif star >= 0:
                mark += 1
                at, here = star + 1, mark
            else:
                return False
        return here == len(name) and not pattern[at:].strip(b"*")


def _choices(pattern: bytes) -> list[bytes]:
    """Return the patterns without braces that a pattern stands for, up to an empty one; beyond a number they are left."""
    done: list[bytes] = []
    open_ = [pattern]
    while open_ and len(done) + len(open_) < _MAX_CHOICES:
        first = open_.pop()
        braces = _BRACES.search(first)
        if braces is None:
            done.append(first)
        else:
            chosen = itertools.takewhile(bool, braces[1].split(b",")[:_MAX_CHOICES])
            open_ += [first[: braces.start()] + choice + first[braces.end() :] for choice in chosen]
    return (done + open_)[:_MAX_CHOICES]
