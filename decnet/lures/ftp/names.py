# SPDX-License-Identifier: MIT
"""Commands about names in the file system. Each returns its answer; what goes wrong is one sentence for each command."""

import calendar
import re
import time
from collections.abc import Callable

from decnet.lures.ftp.conversation import User
from decnet.lures.ftp.line import reply
from decnet.lures.ftp.talk import octal
from decnet.lures.shell.transfer import encode

_STAMPED = re.compile(rb"(\d{14}) (.+)", re.DOTALL)
_LAST_MOMENT = 253402300799


def where(user: User, _: bytes) -> bytes:
    """Answer PWD."""
    return reply(257, _quoted(encode(user.files.cwd)) + b" is the current directory")


def change(user: User, argument: bytes) -> bytes:
    """Answer CWD."""
    try:
        user.files.change(argument)
    except OSError:
        return reply(550, "Failed to change directory.")
    return reply(250, "Directory successfully changed.")


def up(user: User, _: bytes) -> bytes:
    """Answer CDUP."""
    return change(user, b"..")


def size(user: User, argument: bytes) -> bytes:
    """Answer SIZE (RFC 3659, section 4)."""
    try:
        return reply(213, str(user.files.file(argument).size))
    except OSError:
        return reply(550, "Could not get file size.")


def modified(user: User, argument: bytes) -> bytes:
    """Answer MDTM (RFC 3659, section 3), and where a time stands before the name, set it."""
    stamped = _STAMPED.fullmatch(argument)
    if stamped and not user.is_anonymous:
        return _set_modified(user, stamped[1], stamped[2])
    try:
        moment = user.files.file(argument).modified
    except OSError:
        return reply(550, "Could not get file modification time.")
    return reply(213, time.strftime("%Y%m%d%H%M%S", time.gmtime(min(max(moment, 0), _LAST_MOMENT))))


def make_folder(user: User, argument: bytes) -> bytes:
    """Answer MKD."""
    try:
        user.files.filesystem.mkdir(user.files.real(argument))
    except OSError:
        return reply(550, "Create directory operation failed.")
    return reply(257, _quoted(user.files.shown(argument)) + b" created")


def remove_folder(user: User, argument: bytes) -> bytes:
    """Answer RMD."""
    return _done(user, argument, user.files.filesystem.rmdir, "Remove directory operation")


def delete(user: User, argument: bytes) -> bytes:
    """Answer DELE."""
    return _done(user, argument, user.files.filesystem.unlink, "Delete operation")


def rename_from(user: User, argument: bytes) -> bytes:
    """Answer RNFR."""
    user.renaming = b""
    try:
        user.files.status(argument)
    except OSError:
        return reply(550, "RNFR command failed.")
    user.renaming = argument
    return reply(350, "Ready for RNTO.")


def rename_to(user: User, argument: bytes) -> bytes:
    """Answer RNTO."""
    old, user.renaming = user.renaming, b""
    if not old:
        return reply(503, "RNFR required first.")
    try:
        user.files.filesystem.rename(user.files.real(old), user.files.real(argument))
    except OSError:
        return reply(550, "Rename failed.")
    return reply(250, "Rename successful.")


def change_mode(user: User, argument: bytes) -> bytes:
    """Answer SITE CHMOD; ``argument`` is what follows CHMOD."""
    mode, _, name = argument.partition(b" ")
    if not name:
        return reply(500, "SITE CHMOD needs 2 arguments.")
    try:
        user.files.filesystem.chmod(user.files.real(name), octal(mode) & 0o777)
    except OSError:
        return reply(550, "SITE CHMOD command failed.")
    return reply(200, "SITE CHMOD command ok.")


def _set_modified(user: User, stamp: bytes, name: bytes) -> bytes:
    """Set the time of a file; what is beyond the year is carried over, as timegm(3) does."""
    numbers = [int(stamp[:4]), *(int(stamp[at : at + 2]) for at in range(4, 14, 2))]
    year, month = numbers[0] + (numbers[1] - 1) // 12, (numbers[1] - 1) % 12 + 1
    try:
        day = calendar.timegm((max(year, 1970), month, 1, 0, 0, 0))
        moment = day + (numbers[2] - 1) * 86400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        user.files.file(name)
        user.files.filesystem.utime(user.files.real(name), min(max(0, moment), _LAST_MOMENT))
    except (OSError, ValueError):
        return reply(550, "Could not set file modification time.")
    return reply(213, "File modification time set.")


def _done(user: User, argument: bytes, do: Callable[[str], None], what: str) -> bytes:
    """Do something to a name and say how it went."""
    try:
        do(user.files.real(argument))
    except OSError:
        return reply(550, f"{what} failed.")
    return reply(250, f"{what} successful.")


def _quoted(path: bytes) -> bytes:
    """Return a path in quotes, those in it doubled (RFC 959, appendix II)."""
    return b'"' + path.replace(b'"', b'""') + b'"'
