# SPDX-License-Identifier: MIT
"""Commands that show files: ls, stat, file, du, find."""

import math
import re
import stat
import time
from collections.abc import AsyncIterator

from decnet.lures.shell.caller import quoted
from decnet.lures.shell.filesystem import Status
from decnet.lures.shell.invocation import Invocation, Options, reason

HALF_YEAR = 15_778_476
MAX_ENTRIES = 20_000
_LONG = {
    "all": "a", "almost-all": "A", "directory": "d", "human-readable": "h", "inode": "i", "recursive": "R", "reverse": "r",
    "size": "s", "color": "=c", "time-style": "=t", "full-time": "=f", "sort": "=s", "group-directories-first": "g",
    "classify": "F", "help": "=h", "version": "=v", "numeric-uid-gid": "n", "no-group": "G", "dereference": "L",
}  # fmt: skip
_SHORT = "aABCcdDfFgGhHiklLmnNopqQrRsStuUvxXZ1w:I:T:"


class Entry:
    """A name in a listing, its status, and where a link leads."""

    __slots__ = ("name", "path", "status", "target")

    def __init__(self, call: Invocation, name: str, path: str, *, follow: bool = False) -> None:
        self.name = name
        self.path = path
        self.status: Status = call.filesystem.stat(path) if follow else call.filesystem.lstat(path)
        self.target = call.filesystem.readlink(path) if stat.S_ISLNK(self.status.mode) else ""


async def list_files(call: Invocation) -> int:
    """``ls``."""
    options = call.options(_SHORT, _LONG)
    if call.name.rsplit("/", 1)[-1] == "vdir":
        options.given["l"] = [""]
    files: list[Entry] = []
    folders: list[str] = []
    code = 0
    for operand in options.operands or ["."]:
        try:
            entry = Entry(call, operand, call.absolute(operand), follow="l" not in options and "d" not in options)
        except OSError as error:
            code = call.fail(f"cannot access {shown_name(operand)}: {reason(error)}", 2)
            continue
        is_folder = stat.S_ISDIR(entry.status.mode) or (
            entry.target and call.filesystem.is_folder(entry.path) and "l" not in options
        )
        if is_folder and "d" not in options:
            folders.append(operand)
        else:
            files.append(entry)
    if files:
        _print(call, _sorted(files, options), options)
    return max(code, await _folders(call, sorted(folders), options, is_titled=bool(files) or len(options.operands) > 1))


def shown_name(text: str) -> str:
    """Return a name as GNU tools show it in messages."""
    return "'" + text.replace("'", "'\\''") + "'"


async def _folders(call: Invocation, folders: list[str], options: Options, *, is_titled: bool) -> int:
    code = 0
    pending = folders[::-1]
    is_first = not is_titled or bool(folders)
    printed = 0
    while pending:
        folder = pending.pop()
        await call.shell.budget.step(4)
        try:
            entries = _entries(call, folder, options)
        except OSError as error:
            code = call.fail(f"cannot open directory {shown_name(folder)}: {reason(error)}", 2)
            continue
        if is_titled or "R" in options:
            call.out(("" if is_first and not printed else "\n") + f"{folder}:\n")
        printed += 1
        if "ls" in options and ("l" in options or "s" in options):
            call.line(f"total {_size(sum(blocks_of(entry.status) for entry in entries) * 1024, options, is_total=True)}")
        _print(call, entries, options)
        if "R" in options and printed < MAX_ENTRIES:
            pending.extend(
                f"{folder.rstrip('/')}/{entry.name}"
                for entry in reversed(entries)
                if stat.S_ISDIR(entry.status.mode) and entry.name not in (".", "..")
            )
    return code


def _entries(call: Invocation, folder: str, options: Options) -> list[Entry]:
    path = call.absolute(folder)
    names = call.filesystem.listdir(path)
    if "aAf" not in options:
        names = [name for name in names if not name.startswith(".")]
    found = []
    for name in [".", "..", *names] if "af" in options else names:
        try:
            found.append(Entry(call, name, f"{path.rstrip('/')}/{name}", follow="L" in options))
        except OSError:
            continue
    return _sorted(found, options)


def _sorted(entries: list[Entry], options: Options) -> list[Entry]:
    if "fU" in options:
        return entries
    entries = sorted(entries, key=lambda entry: (re.sub(r"[^\w]", "", entry.name).lower() or entry.name, entry.name))
    if "t" in options:
        entries.sort(key=lambda entry: -entry.status.modified)
    elif "S" in options:
        entries.sort(key=lambda entry: -entry.status.size)
    return entries[::-1] if "r" in options else entries


def blocks_of(status: Status) -> int:
    """Return the kibibytes that a file takes on the disk."""
    return 0 if stat.S_ISLNK(status.mode) else (status.size + 4095) // 4096 * 4


def _size(size: int, options: Options, *, is_total: bool = False) -> str:
    if "h" in options:
        return human(size)
    return str(size // 1024 if is_total else size)


def human(size: int) -> str:
    """Return a size as ``ls -h`` and ``du -h`` write it."""
    if size < 1024:
        return str(size)
    value, unit = float(size), ""
    for letter in "KMGT":
        value /= 1024
        unit = letter
        if value < 1024:
            break
    return f"{math.ceil(value * 10) / 10:.1f}{unit}" if value < 9.95 else f"{math.ceil(value)}{unit}"


def _print(call: Invocation, entries: list[Entry], options: Options) -> None:
    colour = "c" in _colour(options) and call.stdout.is_terminal
    names = [_name(entry, options, colour=colour) for entry in entries]
    if "l" in options or "n" in options or "o" in options or "g" in options.given:
        _print_long(call, entries, names, options)
    elif "1" in options or not call.stdout.is_terminal:
        call.out("".join(name + "\n" for name in names))
    elif "m" in options:
        call.line(", ".join(names))
    else:
        _print_columns(call, names, [len(entry.name) for entry in entries])


def _colour(options: Options) -> str:
    value = options.given.get("=c", ["never"])[-1]
    return "" if value in ("never", "no", "none") else "c"


def _name(entry: Entry, options: Options, *, colour: bool) -> str:
    mode = entry.status.mode
    text = quoted(entry.name) if colour and re.search(r"[\s'\"$]", entry.name) else entry.name
    if colour:
        code = (
            "01;34" if stat.S_ISDIR(mode) else "01;36" if stat.S_ISLNK(mode) else "40;33;01" if stat.S_ISCHR(mode)
            else "01;32" if mode & 0o111 else ""
        )  # fmt: skip
        code = "30;42" if stat.S_ISDIR(mode) and mode & 0o1002 == 0o1002 else code
        text = f"\x1b[0m\x1b[{code}m{text}\x1b[0m" if code else text
    if "F" in options or ("p" in options and stat.S_ISDIR(mode)):
        text += "/" if stat.S_ISDIR(mode) else "@" if stat.S_ISLNK(mode) else "*" if mode & 0o111 else ""
    return text


def _print_columns(call: Invocation, names: list[str], lengths: list[int]) -> None:
    terminal = call.shell.session.terminal
    width = terminal.columns if terminal else 80
    if not names:
        return
    for rows in range(1, len(names) + 1):
        columns = [range(start, min(start + rows, len(names))) for start in range(0, len(names), rows)]
        widths = [max(lengths[index] for index in column) for column in columns]
        if sum(widths) + 2 * (len(widths) - 1) < width or rows == len(names):
            break
    else:
        return
    for row in range(rows):
        cells = [(column[row], widths[at]) for at, column in enumerate(columns) if row < len(column)]
        line = "".join(names[index] + " " * (size - lengths[index] + 2) for index, size in cells[:-1])
        call.line(line + names[cells[-1][0]])


def _print_long(call: Invocation, entries: list[Entry], names: list[str], options: Options) -> None:
    accounts = call.shell.accounts
    users = {account.uid: account.name for account in reversed(accounts.all())} if "n" not in options else {}
    groups = {group.gid: group.name for group in accounts.groups()} if "n" not in options else {}
    rows = []
    for entry, name in zip(entries, names, strict=True):
        status = entry.status
        is_device = stat.S_ISCHR(status.mode) or stat.S_ISBLK(status.mode)
        size = f"{status.device[0]}, {status.device[1]:>3}" if is_device else _size(status.size, options)
        user = users.get(status.uid, str(status.uid))
        owners = [user] if "o" in options else [user, groups.get(status.gid, str(status.gid))]
        shown = name + (f" -> {entry.target}" if entry.target else "")
        row = [
            stat.filemode(status.mode),
            str(status.links),
            *owners,
            size,
            _moment(status.modified, options, call.machine.now()),
            shown,
        ]
        rows.append([str(status.inode), *row] if "i" in options else row)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    first_number = 1 if "i" in options else 0
    for row in rows:
        cells = [
            cell.rjust(widths[at])
            if at in (first_number + 1, len(row) - 3) or (first_number and at == 0)
            else cell.ljust(widths[at])
            for at, cell in enumerate(row[:-1])
        ]
        call.line(" ".join([*cells, row[-1]]))


def _moment(modified: float, options: Options, now: float) -> str:
    style = options.given.get("=t", [""])[-1]
    parts = time.gmtime(modified)
    if style.startswith("+"):
        return time.strftime(style[1:].replace("%s", str(int(modified))), parts)
    if "=f" in options.given or style == "full-iso":
        return time.strftime("%Y-%m-%d %H:%M:%S", parts) + f".{int(modified * 1e9) % 10**9:09d} +0000"
    if style == "long-iso":
        return time.strftime("%Y-%m-%d %H:%M", parts)
    is_recent = 0 <= now - modified < HALF_YEAR
    return time.strftime("%b %e %H:%M" if is_recent else "%b %e  %Y", parts)


async def walk(call: Invocation, start: str, max_depth: int = 1000) -> AsyncIterator[tuple[str, Entry]]:
    """Yield every name at and below ``start`` with its entry, folders before what is in them; silent about what is closed."""
    pending = [(start, 0)]
    seen = 0
    while pending and seen < MAX_ENTRIES:
        name, depth = pending.pop()
        seen += 1
        try:
            entry = Entry(call, name, call.absolute(name))
        except OSError:
            continue
        if seen % 8 == 0:
            await call.shell.budget.step()
        yield name, entry
        if not stat.S_ISDIR(entry.status.mode) or depth >= max_depth:
            continue
        try:
            names = call.filesystem.listdir(entry.path)
        except OSError as error:
            call.fail(
                f"{shown_name(name) if call.name == 'find' else 'cannot read directory ' + shown_name(name)}: {reason(error)}"
            )
            continue
        pending.extend((f"{name.rstrip('/')}/{child}" if name != "/" else f"/{child}", depth + 1) for child in reversed(names))


PROGRAMS = {
    "ls": list_files, "dir": list_files, "vdir": list_files,
}  # fmt: skip
