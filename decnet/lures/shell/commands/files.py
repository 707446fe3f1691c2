# SPDX-License-Identifier: MIT
"""Commands that make, move and remove files."""

import errno
import posixpath
import re
import stat
import time

from decnet.lures.shell.commands.listing import walk
from decnet.lures.shell.commands.text import ENDLESS, endless, size_of
from decnet.lures.shell.invocation import Invocation, Options, curly, reason

MAX_DD = 24 * 1024 * 1024
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111}
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}


def _missing(call: Invocation, what: str = "missing operand") -> int:
    call.fail(what)
    call.error(f"Try '{call.name} --help' for more information.")
    return 1


async def make_folders(call: Invocation) -> int:
    """``mkdir``."""
    options = call.options("m:pvZ", {"parents": "p", "mode": "m", "verbose": "v"})
    if not options.operands:
        return _missing(call)
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
    code = 0 if options.operands else _missing(call)
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
        return 0 if "f" in options else _missing(call)
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
        _missing(call, "missing file operand")
        return None
    if len(operands) == 1:
        _missing(call, f"missing destination file operand after '{operands[0]}'")
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
        return _missing(call, "missing file operand")
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


async def touch(call: Invocation) -> int:
    """``touch``."""
    options = call.options("acd:fhmr:t:", {"date": "d", "reference": "r", "no-create": "c"})
    if not options.operands:
        return _missing(call, "missing file operand")
    moment = time.time()
    if "r" in options:
        moment = call.filesystem.stat(call.absolute(options.get("r"))).modified
    elif re.fullmatch(r"\d{12}", options.get("t")):
        moment = float(time.mktime(time.strptime(options.get("t"), "%Y%m%d%H%M")))
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


def new_mode(text: str, old: int, *, is_folder: bool, umask: int = 0o022) -> int | None:
    """Return the mode that ``chmod`` makes of ``old``; ``None`` where the text is wrong."""
    if re.fullmatch("[0-7]{1,5}", text):
        return int(text, 8) & 0o7777
    mode = old
    for clause in text.split(","):
        match = re.fullmatch(r"([ugoa]*)([-+=])([rwxXst]*)", clause)
        if match is None:
            return None
        who = 0
        for letter in match[1] or "a":
            who |= _WHO[letter]
        bits = sum(_BITS.get(letter, 0) for letter in set(match[3]))
        bits |= 0o111 if "X" in match[3] and (is_folder or old & 0o111) else 0
        bits |= (0o6000 if "s" in match[3] else 0) | (0o1000 if "t" in match[3] else 0)
        bits &= who if match[1] else who & ~umask
        keep = mode & ~(who & 0o777) if match[2] == "=" else mode
        mode = keep & ~bits if match[2] == "-" else keep | bits
    return mode & 0o7777


async def change_mode(call: Invocation) -> int:
    """``chmod``."""
    arguments = [argument for argument in call.arguments if not re.fullmatch("-[Rcfv]+|--recursive", argument)]
    is_deep = any("R" in argument or argument == "--recursive" for argument in call.arguments if argument.startswith("-"))
    if len(arguments) < 2:
        return _missing(call, f"missing operand after {curly(arguments[0])}" if arguments else "missing operand")
    code = 0
    for operand in arguments[1:]:
        try:
            for path in await _paths(call, operand, is_deep=is_deep):
                status = call.filesystem.stat(path)
                mode = new_mode(
                    arguments[0], stat.S_IMODE(status.mode), is_folder=stat.S_ISDIR(status.mode), umask=call.filesystem.umask
                )
                if mode is None:
                    return _missing(call, f"invalid mode: {curly(arguments[0])}")
                call.filesystem.chmod(path, mode)
        except OSError as error:
            is_missing = error.errno == errno.ENOENT
            code = call.fail(f"{'cannot access' if is_missing else 'changing permissions of'} '{operand}': {reason(error)}")
    return code


async def _paths(call: Invocation, operand: str, *, is_deep: bool) -> list[str]:
    path = call.absolute(operand)
    call.filesystem.stat(path)
    return [entry.path async for _, entry in walk(call, operand) if not entry.target] if is_deep else [path]


async def change_owner(call: Invocation) -> int:
    """``chown`` and ``chgrp``."""
    options = call.options("cfhRv", {"recursive": "R", "no-dereference": "h"})
    if len(options.operands) < 2:
        return _missing(call)
    is_group = call.name.rsplit("/", 1)[-1] == "chgrp"
    user, _, group = ("", ":", options.operands[0]) if is_group else options.operands[0].replace(".", ":").partition(":")
    accounts = call.shell.accounts
    account = accounts.by_name(user)
    uid = -1 if not user else int(user[:9]) if user.isdecimal() else account.uid if account else None
    found = next((one.gid for one in accounts.groups() if one.name == group), None)
    gid = -1 if not group else int(group[:9]) if group.isdecimal() else found
    if uid is None:
        return call.fail(f"invalid user: {curly(options.operands[0])}")
    if gid is None:
        return call.fail(f"invalid group: {curly(options.operands[0])}")
    code = 0
    for operand in options.operands[1:]:
        try:
            for path in await _paths(call, operand, is_deep="R" in options):
                call.filesystem.chown(path, uid, gid)
        except OSError as error:
            is_missing = error.errno == errno.ENOENT
            code = call.fail(f"{'cannot access' if is_missing else 'changing ownership of'} '{operand}': {reason(error)}")
    return code


async def attributes(call: Invocation) -> int:
    """``chattr`` (accepted) and ``lsattr``."""
    operands = [argument for argument in call.arguments if argument[:1] not in ("-", "+", "=")]
    if call.name.rsplit("/", 1)[-1] == "lsattr":
        for operand in operands or sorted(call.filesystem.listdir(call.shell.state.cwd)):
            call.filesystem.stat(call.absolute(operand))
            call.line(f"--------------e------- {operand if operands else './' + operand}")
        return 0
    code = 0
    for operand in operands:
        if not call.filesystem.exists(call.absolute(operand)):
            code = call.fail(f"No such file or directory while trying to stat {operand}")
        elif call.shell.account.uid:
            code = call.fail(f"Operation not permitted while setting flags on {operand}")
    return code


async def convert(call: Invocation) -> int:
    """``dd``."""
    values = dict(argument.partition("=")[::2] for argument in call.arguments)
    block = size_of(values.get("bs", values.get("ibs", "512"))) or 512
    count = size_of(values["count"]) if "count" in values else None
    skip, seek = (size_of(values.get(name, "0")) or 0 for name in ("skip", "seek"))
    wanted = MAX_DD if count is None else min(MAX_DD, block * count)
    began = time.monotonic()
    try:
        data = await _dd_input(call, values.get("if", ""), wanted, skip * block)
        if "of" in values:
            _dd_output(call, values["of"], data, seek * block, keeps="notrunc" in values.get("conv", ""))
        else:
            call.stdout.write(data)
    except OSError as error:
        return call.fail(f"failed to open '{error.filename or values.get('if', '')}': {reason(error)}")
    seconds = time.monotonic() - began + len(data) / 4e8 + 0.0002
    full, rest = divmod(len(data), block)
    if values.get("status") != "none":
        rate = len(data) / seconds / 1e6
        speed = f"{rate / 1000:.1f} GB/s" if rate >= 1000 else f"{rate:.1f} MB/s" if rate >= 1 else f"{rate * 1000:.1f} kB/s"
        human = (
            f" ({len(data) / 1e6:.1f} MB, {len(data) / 1048576:.1f} MiB)"
            if len(data) >= 1e6
            else f" ({len(data) / 1e3:.1f} kB)"
        )
        call.error(f"{full}+{int(rest > 0)} records in\n{full}+{int(rest > 0)} records out")
        call.error(f"{len(data)} bytes{human if len(data) >= 1000 else ''} copied, {seconds:.6g} s, {speed}")
    return 0


async def _dd_input(call: Invocation, source: str, size: int, skip: int) -> bytes:
    path = call.absolute(source) if source else ""
    if path in ENDLESS:
        await call.shell.budget.step(64)
        return await endless(call, path, size)
    data = call.filesystem.read(path) if source else await call.stdin.all(size + skip)
    return data[skip : skip + size]


def _dd_output(call: Invocation, target: str, data: bytes, seek: int, *, keeps: bool) -> None:
    path = call.absolute(target)
    if path == "/dev/null":
        return
    old = call.filesystem.read(path) if call.filesystem.exists(path) and (keeps or seek) else b""
    seek = min(seek, MAX_DD)
    tail = old[seek + len(data) :] if keeps else b""
    call.filesystem.write(path, old[:seek].ljust(seek, b"\0") + data + tail)


async def resolve(call: Invocation) -> int:
    """``readlink`` and ``realpath``."""
    options = call.options("efmnqsz", {"canonicalize": "f", "no-newline": "n"})
    is_real = call.name.rsplit("/", 1)[-1] == "realpath"
    code = 0
    for operand in options.operands:
        path = call.absolute(operand)
        try:
            if path == "/proc/self/exe" and call.path:
                shown = call.filesystem.resolve(call.path)
            else:
                shown = call.filesystem.resolve(path) if is_real or "fem" in options else call.filesystem.readlink(path)
            call.out(shown + ("" if "n" in options else "\n"))
        except OSError as error:
            code = call.fail(f"{operand}: {reason(error)}") if is_real else 1
    return code


async def base_name(call: Invocation) -> int:
    """``basename``."""
    options = call.options("as:z", {"suffix": "s", "multiple": "a"}, in_order=True)
    operands = options.operands
    if not operands:
        return _missing(call)
    suffix = options.get("s") or (operands[1] if len(operands) > 1 and "a" not in options else "")
    for operand in operands if "as" in options else operands[:1]:
        name = operand.rstrip("/").rsplit("/", 1)[-1] or "/"
        call.line(name.removesuffix(suffix) if suffix and name != suffix else name)
    return 0


async def folder_name(call: Invocation) -> int:
    """``dirname``."""
    for operand in call.arguments:
        call.line(posixpath.dirname(operand.rstrip("/")) or ("/" if operand.startswith("/") else "."))
    return 0 if call.arguments else _missing(call)


async def make_temporary(call: Invocation) -> int:
    """``mktemp``."""
    options = call.options("dp:qtu", {"directory": "d", "tmpdir": "p"})
    template = options.operands[0] if options.operands else "tmp.XXXXXXXXXX"
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    name = re.sub("X{3,}$", lambda match: "".join(call.shell.random.choice(letters) for _ in match[0]), template)
    if not options.operands or "t" in options or "p" in options:
        name = f"{options.get('p') or call.environment.get('TMPDIR') or '/tmp'}/{name}"  # noqa: S108 - a folder of the pretended machine
    if "u" not in options:
        path = call.absolute(name)
        if "d" in options:
            call.filesystem.mkdir(path, 0o700)
        else:
            call.filesystem.write(path, b"", mode=0o600)
    call.line(name)
    return 0


async def truncate(call: Invocation) -> int:
    """``truncate`` and ``fallocate``."""
    options = call.options("s:cl:o:", {"size": "s", "length": "l"})
    size = size_of(options.get("s") or options.get("l", "0")) or 0
    for operand in options.operands:
        path = call.absolute(operand)
        old = call.filesystem.read(path) if call.filesystem.exists(path) else b""
        call.filesystem.write(path, old[:size].ljust(min(size, MAX_DD), b"\0"))
    return 0


async def shred(call: Invocation) -> int:
    """``shred``."""
    options = call.options("fn:uvz", {"remove": "u", "iterations": "n", "zero": "z"})
    for operand in options.operands:
        path = call.absolute(operand)
        size = call.filesystem.stat(path).size
        if "u" in options:
            call.filesystem.unlink(path)
        else:
            call.filesystem.write(path, call.shell.random.randbytes(min(size, MAX_DD)))
    return 0


PROGRAMS = {
    "mkdir": make_folders, "rmdir": remove_folders, "rm": remove, "unlink": remove, "cp": copy, "mv": move, "ln": link,
    "touch": touch,
    "chmod": change_mode, "chown": change_owner, "chgrp": change_owner, "chattr": attributes, "lsattr": attributes,
    "dd": convert,
    "readlink": resolve, "realpath": resolve, "basename": base_name, "dirname": folder_name, "mktemp": make_temporary,
    "truncate": truncate, "fallocate": truncate, "shred": shred,
}  # fmt: skip
