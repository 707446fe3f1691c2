# SPDX-License-Identifier: MIT
"""Commands that make, move and remove files."""

import errno
import posixpath
import re
import stat
import time
from calendar import timegm

from decnet.lures.shell.commands.listing import walk
from decnet.lures.shell.commands.plumbing import moment_of
from decnet.lures.shell.invocation import Invocation, Options, curly, reason


def refuse_missing(call: Invocation, what: str = "missing operand") -> int:
    """Say that an operand is missing, and where help is."""
    call.fail(what)
    call.error(f"Try '{call.name} --help' for more information.")
    return 1


async def make_folders(call: Invocation) -> int:
    """``mkdir``."""
    options = call.options("m:pvZ", {"parents": "p", "mode": "m", "verbose": "v"})
    if not options.operands:
        return refuse_missing(call)
    code = 0
    for operand in options.operands:
        try:
            if "p" in options:
                _make_parents(call, operand)
            else:
                call.filesystem.mkdir(call.absolute(operand), int(options.get("m", "777")[:4], 8))
            if "v" in options:
                call.line(f"mkdir: created directory '{operand}'")
        except OSError as error:
            code = call.fail(f"cannot create directory {curly(operand)}: {reason(error)}")
    return code


def _make_parents(call: Invocation, operand: str) -> None:
    path = ""
    for name in posixpath.normpath(call.absolute(operand)).strip("/").split("/"):
        path += "/" + name
        if not call.filesystem.is_folder(path):
            call.filesystem.mkdir(path)


async def remove_folders(call: Invocation) -> int:
    """``rmdir``."""
    options = call.options("pv", {"parents": "p", "verbose": "v", "ignore-fail-on-non-empty": "v"})
    code = 0 if options.operands else refuse_missing(call)
    for operand in options.operands:
        try:
            call.filesystem.rmdir(call.absolute(operand))
        except OSError as error:
            code = call.fail(f"failed to remove '{operand}': {reason(error)}")
    return code


async def remove(call: Invocation) -> int:
    """``rm``."""
    options = call.options(
        "dfiIrRv", {"force": "f", "recursive": "r", "verbose": "v", "no-preserve-root": "=n", "preserve-root": "=p", "dir": "d"}
    )
    if not options.operands:
        return 0 if "f" in options else refuse_missing(call)
    code = 0
    for operand in options.operands:
        if posixpath.normpath(call.absolute(operand)) == "/" and "=n" not in options.given and "rR" in options:
            call.fail("it is dangerous to operate recursively on '/'")
            code = call.fail("use --no-preserve-root to override this failsafe")
            continue
        if operand.rstrip("/").rsplit("/", 1)[-1] in (".", ".."):
            code = call.fail(f"refusing to remove '.' or '..' directory: skipping '{operand}'")
            continue
        code = max(code, await _remove(call, operand, options))
    return code


async def _remove(call: Invocation, operand: str, options: Options) -> int:
    path = call.absolute(operand)
    try:
        is_folder = stat.S_ISDIR(call.filesystem.lstat(path).mode)
        if is_folder and "rRd" not in options:
            return call.fail(f"cannot remove '{operand}': Is a directory")
        if is_folder:
            return await _remove_tree(call, operand)
        call.filesystem.unlink(path)
        if "v" in options:
            call.line(f"removed '{operand}'")
    except OSError as error:
        if "f" in options and error.errno in (errno.ENOENT, errno.ENOTDIR):
            return 0
        return call.fail(f"cannot remove '{operand}': {reason(error)}")
    return 0


async def _remove_tree(call: Invocation, operand: str) -> int:
    code = 0
    found = [(name, entry) async for name, entry in walk(call, operand)]
    for name, entry in reversed(found):
        try:
            (call.filesystem.rmdir if stat.S_ISDIR(entry.status.mode) else call.filesystem.unlink)(entry.path)
        except OSError as error:
            code = call.fail(f"cannot remove '{name}': {reason(error)}")
    return code


def _destination(call: Invocation, source: str, target: str) -> str:
    path = call.absolute(target)
    if call.filesystem.is_folder(path):
        return f"{path.rstrip('/')}/{source.rstrip('/').rsplit('/', 1)[-1]}"
    return path


def _split_target(call: Invocation, options: Options) -> tuple[list[str], str] | None:
    operands = list(options.operands)
    if "t" in options:
        return operands, options.get("t")
    if not operands:
        refuse_missing(call, "missing file operand")
        return None
    if len(operands) == 1:
        refuse_missing(call, f"missing destination file operand after '{operands[0]}'")
        return None
    target = operands.pop()
    if len(operands) > 1 and not call.filesystem.is_folder(call.absolute(target)):
        call.fail(f"target '{target}' is not a directory")
        return None
    return operands, target


async def copy(call: Invocation) -> int:
    """``cp``."""
    options = call.options(
        "abdfiHlLnpPrRst:Tuvx",
        {"recursive": "r", "archive": "a", "force": "f", "verbose": "v", "target-directory": "t", "preserve": "=p"},
    )
    split = _split_target(call, options)
    if split is None:
        return 1
    code = 0
    for source in split[0]:
        try:
            status = call.filesystem.stat(call.absolute(source))
        except OSError as error:
            code = call.fail(f"cannot stat '{source}': {reason(error)}")
            continue
        if stat.S_ISDIR(status.mode) and "raR" not in options:
            code = call.fail(f"-r not specified; omitting directory '{source}'")
            continue
        try:
            await _copy_tree(call, source, _destination(call, source, split[1]), options)
        except OSError as error:
            code = call.fail(f"cannot create regular file '{split[1]}': {reason(error)}")
        if "v" in options:
            call.line(f"'{source}' -> '{split[1]}'")
    return code


async def _copy_tree(call: Invocation, source: str, target: str, options: Options) -> None:
    files = call.filesystem
    for name, entry in [pair async for pair in walk(call, source)]:
        path = target + name[len(source.rstrip("/")) :] if name != source else target
        if stat.S_ISDIR(entry.status.mode):
            if not files.is_folder(path):
                files.mkdir(path)
        elif entry.target and "aPdrR" in options:
            files.symlink(entry.target, path)
        else:
            copy_file(call, entry.path, path)
        if "ap" in options and not entry.target:
            files.utime(path, entry.status.modified)


def copy_file(call: Invocation, source: str, target: str) -> None:
    """Copy one file with its mode."""
    node = call.filesystem.node(source)
    call.filesystem.write(target, call.filesystem.read(source), mode=stat.S_IMODE(node.mode))


async def move(call: Invocation) -> int:
    """``mv``."""
    options = call.options("bfint:Tuv", {"force": "f", "verbose": "v", "target-directory": "t"})
    split = _split_target(call, options)
    if split is None:
        return 1
    code = 0
    for source in split[0]:
        target = _destination(call, source, split[1])
        try:
            call.filesystem.lstat(call.absolute(source))
        except OSError as error:
            code = call.fail(f"cannot stat '{source}': {reason(error)}")
            continue
        try:
            call.filesystem.rename(call.absolute(source).rstrip("/"), target)
        except OSError as error:
            code = call.fail(f"cannot move '{source}' to '{split[1]}': {reason(error)}")
    return code


async def link(call: Invocation) -> int:
    """``ln``."""
    options = call.options("bfinrsTt:v", {"symbolic": "s", "force": "f"})
    operands = options.operands
    if not operands:
        return refuse_missing(call, "missing file operand")
    source, target = operands[0], operands[1] if len(operands) > 1 else "."
    path = _destination(call, source, target)
    try:
        if "f" in options and call.filesystem.access(path, 0):
            call.filesystem.unlink(path)
        if "s" in options:
            call.filesystem.symlink(source, path)
        else:
            call.filesystem.link(call.absolute(source), path)
    except OSError as error:
        kind = "symbolic" if "s" in options else "hard"
        return call.fail(f"failed to create {kind} link '{target}': {reason(error)}")
    return 0


def _stamp(call: Invocation, options: Options) -> float | None:
    """Return the time that ``touch`` is to set; ``None`` where it is not understood."""
    now = call.machine.now()
    if "r" in options:
        return call.filesystem.stat(call.absolute(options.get("r"))).modified
    if "d" in options:
        return moment_of(options.get("d"), now)
    if re.fullmatch(r"\d{12}", options.get("t")):
        try:
            return float(timegm(time.strptime(options.get("t"), "%Y%m%d%H%M")))
        except ValueError:
            return None
    return now


async def touch(call: Invocation) -> int:
    """``touch``."""
    options = call.options("acd:fhmr:t:", {"date": "d", "reference": "r", "no-create": "c"})
    if not options.operands:
        return refuse_missing(call, "missing file operand")
    moment = _stamp(call, options)
    if moment is None:
        return call.fail(f"invalid date format {curly(options.get('d') or options.get('t'))}")
    code = 0
    for operand in options.operands:
        path = call.absolute(operand)
        try:
            if not call.filesystem.exists(path):
                if "c" in options:
                    continue
                call.filesystem.write(path, b"")
            call.filesystem.utime(path, moment)
        except OSError as error:
            code = call.fail(f"cannot touch '{operand}': {reason(error)}")
    return code


PROGRAMS = {
    "mkdir": make_folders, "rmdir": remove_folders, "rm": remove, "unlink": remove, "cp": copy, "mv": move, "ln": link,
    "touch": touch,
}  # fmt: skip
