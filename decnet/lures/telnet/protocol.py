# SPDX-License-Identifier: MIT
"""
The bytes of telnet (RFC 854, 855): data, commands, negotiations and subnegotiations, told apart and put together.

The decoder takes any bytes in pieces of any size and never raises. What a client sends within a subnegotiation is kept up to
a bound, as telnetd keeps it.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

SUBNEGOTIATION_LIMIT = 512
"""The buffer of netkit's telnetd; what is beyond it is lost."""
_LONE_RETURN = re.compile(rb"\r(?!\n)")


class Code(IntEnum):
    """Commands (RFC 854; EOF, SUSP and ABORT are of RFC 1184)."""

    EOF = 236
    SUSP = 237
    ABORT = 238
    EOR = 239
    SE = 240
    NOP = 241
    DM = 242
    BRK = 243
    IP = 244
    AO = 245
    AYT = 246
    EC = 247
    EL = 248
    GA = 249
    SB = 250
    WILL = 251
    WONT = 252
    DO = 253
    DONT = 254
    IAC = 255


class Option(IntEnum):
    """The options that are spoken of here; the number is IANA's."""

    BINARY = 0
    ECHO = 1
    SGA = 3
    STATUS = 5
    TM = 6
    TTYPE = 24
    NAWS = 31
    TSPEED = 32
    LFLOW = 33
    LINEMODE = 34
    XDISPLOC = 35
    ENVIRON = 36
    AUTHENTICATION = 37
    ENCRYPT = 38
    NEW_ENVIRON = 39


IS, SEND, INFO = 0, 1, 2
_NEGOTIATIONS = (Code.WILL, Code.WONT, Code.DO, Code.DONT)


@dataclass(frozen=True)
class Data:
    """Bytes for the terminal."""

    data: bytes


@dataclass(frozen=True)
class Command:
    """A command of two bytes."""

    code: int


@dataclass(frozen=True)
class Negotiation:
    """WILL, WONT, DO or DONT of an option."""

    code: Code
    option: int


@dataclass(frozen=True)
class Subnegotiation:
    """What stands between SB and SE, the option's number apart; "IAC IAC" is one byte 255 here."""

    option: int
    data: bytes


Item = Data | Command | Negotiation | Subnegotiation


class Decoder:
    """Takes what a client sends and gives what it means."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._was_return = False
        self.is_binary = False

    def feed(self, data: bytes) -> list[Item]:
        """Return what has become complete; the beginning of a command waits for its end."""
        self._rest += data
        items: list[Item] = []
        while self._rest and (item := self._next()) is not None:
            if item != Data(b""):
                items.append(item)
        return items

    def _next(self) -> Item | None:
        """Take one item from the buffer; none where it is not complete."""
        start = self._rest.find(Code.IAC)
        if start:
            return Data(self._plain(self._take(start if start > 0 else len(self._rest))))
        if len(self._rest) < 2:
            return None
        code = self._rest[1]
        if code == Code.IAC:
            self._take(2)
            self._was_return = False
            return Data(b"\xff")
        if code in _NEGOTIATIONS:
            if len(self._rest) < 3:
                return None
            taken = self._take(3)
            return Negotiation(Code(code), taken[2])
        return self._subnegotiation() if code == Code.SB else Command(self._take(2)[1])

    def _subnegotiation(self) -> Item | None:
        """Take a subnegotiation; one that another command ends is over, as for telnetd."""
        at = 2
        content = bytearray()
        while (found := self._rest.find(Code.IAC, at)) >= 0 and found + 1 < len(self._rest):
            content += self._rest[at:found]
            if self._rest[found + 1] != Code.IAC:
                ends = found + 2 if self._rest[found + 1] == Code.SE else found
                self._take(ends)
                return Subnegotiation(content[0], bytes(content[1:SUBNEGOTIATION_LIMIT])) if content else Data(b"")
            content.append(Code.IAC)
            at = found + 2
        if len(self._rest) > 2 * SUBNEGOTIATION_LIMIT:
            del self._rest[SUBNEGOTIATION_LIMIT + 2 : -1]
        return None

    def _plain(self, data: bytes) -> bytes:
        """Return data for the terminal: CR LF and CR NUL are one key (RFC 854, the end of page 11)."""
        if self.is_binary:
            return data
        if self._was_return and data[:1] in (b"\n", b"\0"):
            data = data[1:]
        self._was_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\r").replace(b"\r\0", b"\r")

    def _take(self, size: int) -> bytes:
        """Remove and return the first bytes."""
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken


def encode(data: bytes) -> bytes:
    """Return what shows ``data`` on the client's terminal: IAC doubled, a lone carriage return with a NUL."""
    return _LONE_RETURN.sub(b"\r\0", data.replace(b"\xff", b"\xff\xff"))


def negotiate(code: Code, *options: int) -> bytes:
    """Return the same negotiation of some options."""
    return b"".join(bytes((Code.IAC, code, option)) for option in options)


def subnegotiate(option: int, data: bytes) -> bytes:
    """Return a subnegotiation."""
    return bytes((Code.IAC, Code.SB, option)) + data.replace(b"\xff", b"\xff\xff") + bytes((Code.IAC, Code.SE))
