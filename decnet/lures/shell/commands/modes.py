# SPDX-License-Identifier: MIT
"""Commands about rights and owners: chmod, chown, chattr."""

import errno
import re
import stat

from decnet.lures.shell.commands.files import refuse_missing
from decnet.lures.shell.commands.listing import walk
from decnet.lures.shell.invocation import Invocation, curly, reason

_BITS = {"r": 0o444, "w": 0o222, "x": 0o111}
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}


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
        return refuse_missing(call, f"missing operand after {curly(arguments[0])}" if arguments else "missing operand")
    code = 0
    for operand in arguments[1:]:
        try:
            for path in await _paths(call, operand, is_deep=is_deep):
                status = call.filesystem.stat(path)
                mode = new_mode(
                    arguments[0], stat.S_IMODE(status.mode), is_folder=stat.S_ISDIR(status.mode), umask=call.filesystem.umask
                )
                if mode is None:
                    return refuse_missing(call, f"invalid mode: {curly(arguments[0])}")
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
        return refuse_missing(call)
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


PROGRAMS = {
    "chmod": change_mode, "chown": change_owner, "chgrp": change_owner, "chattr": attributes, "lsattr": attributes,
}  # fmt: skip
