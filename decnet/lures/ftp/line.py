# SPDX-License-Identifier: MIT
"""Lines of the control connection (RFC 959, sections 4 and 5.3), read and written as vsftpd does."""

import re
from typing import NamedTuple

MAX_LINE = 4096
_NUMBER = re.compile(rb"\s*(\d{1,18})")
_IAC = b"\xff"


class LineTooLongError(Exception):
    """What came is no line; nothing after it can be trusted to be one."""


class Command(NamedTuple):
    """A command: its name in capitals, its argument, and both as they were sent."""

    name: bytes
    argument: bytes
    line: bytes


def take_command(buffer: bytearray) -> Command | None:
    """Remove the next line of ``buffer`` and return its command; nothing where none is complete."""
    end = buffer.find(b"\n", 0, MAX_LINE)
    if end < 0:
        if len(buffer) >= MAX_LINE:
            raise LineTooLongError
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 1]
    return parse(line)


def parse(line: bytes) -> Command:
    """Return the command of a line; a NUL stands for a line feed in a name (RFC 959 leaves no other way)."""
    line = line.replace(b"\0", b"\n").rstrip(b"\r")
    if line == b" ":
        return Command(b" ", b"", line)
    name, _, argument = line.partition(b" ")
    return Command(name.upper(), argument, line)


def reply(code: int, words: str | bytes, *, more: bool = False) -> bytes:
    """Return a reply of one line; ``more`` where others of the same reply follow."""
    told = words.encode() if isinstance(words, str) else words
    return b"%d%c%b\r\n" % (code, b"-" if more else b" ", told.replace(_IAC, _IAC * 2).replace(b"\n", b"\0"))


def raw(lines: str | bytes) -> bytes:
    """Return lines of a longer reply as they stand."""
    return lines.encode().replace(b"\n", b"\r\n") if isinstance(lines, str) else lines


def number(text: bytes) -> int:
    """Return the number that a text begins with, as atoi(3) does; 0 where it begins with none."""
    found = _NUMBER.match(text)
    return int(found[1]) if found else 0
