# SPDX-License-Identifier: MIT
"""
Packets of the client/server protocol, and the numbers and texts in them.

Source: "MySQL Client/Server Protocol" of the MySQL source documentation, and MariaDB's "Clients & Utilities: protocol".
"""

import struct
from dataclasses import dataclass

from decnet.lures.stream import Stream

LARGEST = 0xFFFFFF
MAX_PAYLOAD = 4 << 20
MAX_BEFORE_LOGIN = 65_536
_SEND_AT = 65_536


class BrokenPacketError(Exception):
    """A packet that does not hold what it should."""


class OutOfOrderError(Exception):
    """A packet whose number is not the next one."""


class TooLargeError(Exception):
    """A packet that is larger than what is taken."""


class Packets:
    """The packets of one connection; ``number`` is that of the next one."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.number = 0
        self._out = bytearray()

    async def receive(self, limit: int = MAX_PAYLOAD) -> bytes | None:
        """Return the payload of the next packet, put together where it was split; None when the client left."""
        whole = bytearray()
        while True:
            if not await self._need(4):
                return None
            size, number = int.from_bytes(self.stream.buffer[:3], "little"), self.stream.buffer[3]
            if number != self.number:
                raise OutOfOrderError
            if len(whole) + size > limit:
                raise TooLargeError
            if not await self._need(4 + size):
                return None
            self.stream.take(4)
            self.number = (self.number + 1) & 0xFF
            whole += self.stream.take(size)
            if size < LARGEST:
                return bytes(whole)

    async def send(self, *payloads: bytes) -> bool:
        """Send packets at once; false when the client left."""
        for payload in payloads:
            self.put(payload)
        return await self.flush()

    def put(self, payload: bytes) -> None:
        """Add a packet to what is sent next; one that is too large is split."""
        for start in range(0, len(payload) + 1, LARGEST):
            piece = payload[start : start + LARGEST]
            self._out += len(piece).to_bytes(3, "little") + bytes([self.number])
            self._out += piece
            self.number = (self.number + 1) & 0xFF

    async def put_much(self, payload: bytes) -> bool:
        """Add a packet, and send when there is much; false when the client left."""
        self.put(payload)
        return len(self._out) < _SEND_AT or await self.flush()

    async def flush(self) -> bool:
        """Send what was added; false when the client left."""
        data, self._out = bytes(self._out), bytearray()
        return not data or await self.stream.send(data)

    async def _need(self, size: int) -> bool:
        """Wait until so many bytes are there."""
        while len(self.stream.buffer) < size:
            if not self.stream.is_open or not await self.stream.fill():
                return False
        return True


def number(value: int) -> bytes:
    """Return a length-encoded number."""
    if value < 251:
        return bytes([value])
    if value < 1 << 16:
        return b"\xfc" + value.to_bytes(2, "little")
    if value < 1 << 24:
        return b"\xfd" + value.to_bytes(3, "little")
    return b"\xfe" + (value & (1 << 64) - 1).to_bytes(8, "little")


def string(value: bytes) -> bytes:
    """Return a text with its length before it."""
    return number(len(value)) + value


@dataclass
class Reader:
    """Takes a payload apart; raises ``BrokenPacketError`` where it ends too early."""

    data: bytes
    position: int = 0

    @property
    def is_end(self) -> bool:
        """Whether everything was read."""
        return self.position >= len(self.data)

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size < 0 or self.position + size > len(self.data):
            raise BrokenPacketError
        self.position += size
        return self.data[self.position - size : self.position]

    def integer(self, size: int) -> int:
        """Return a number of so many bytes."""
        return int.from_bytes(self.take(size), "little")

    def encoded(self) -> int:
        """Return a length-encoded number."""
        first = self.integer(1)
        if first < 251:
            return first
        widths = {0xFC: 2, 0xFD: 3, 0xFE: 8}
        if first not in widths:
            raise BrokenPacketError
        return self.integer(widths[first])

    def string(self) -> bytes:
        """Return a text with its length before it."""
        return self.take(self.encoded())

    def terminated(self) -> bytes:
        """Return a text up to the next zero, or to the end."""
        end = self.data.find(b"\0", self.position)
        found = self.data[self.position : end if end >= 0 else len(self.data)]
        self.position = len(self.data) if end < 0 else end + 1
        return found

    def rest(self) -> bytes:
        """Return what is left."""
        return self.take(len(self.data) - self.position)

    def real(self, size: int) -> float:
        """Return a floating point number of 4 or 8 bytes."""
        found: float = struct.unpack("<f" if size == 4 else "<d", self.take(size))[0]
        return found
