# SPDX-License-Identifier: MIT
"""The reader of request bodies: Content-Length and chunked (RFC 9112, sections 6 and 7), bounded."""

import re
from typing import Protocol

from decnet.lures.http.message import Head

_LENGTH = re.compile(rb"\d{1,18}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?")
_MAX_LINE = 4096


class Sink(Protocol):
    """Where the bytes of a body go."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""


class Kept:
    """Keeps the first ``limit`` bytes of a body in memory."""

    def __init__(self, limit: int) -> None:
        self.data = bytearray()
        self._limit = limit

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.data += data[: max(0, self._limit - len(self.data))]


class BodyReader:
    """Takes bytes in any pieces until ``done``; ``fault`` tells that the framing broke, ``size`` counts the body's bytes."""

    def __init__(self, length: int | None, sink: Sink) -> None:
        self.size = 0
        self.fault = False
        self.done = length == 0
        self._sink = sink
        self._left = length or 0
        self._chunked = length is None
        self._state = self._size_line if self._chunked else self._data

    def feed(self, buffer: bytearray) -> bool:
        """Take from ``buffer`` what belongs to the body; true when the body is complete or broken."""
        while not self.done and self._state(buffer):
            pass
        return self.done

    def _data(self, buffer: bytearray) -> bool:
        """Take bytes of the body or of a chunk."""
        taken = bytes(buffer[: self._left])
        del buffer[: len(taken)]
        self._sink.write(taken)
        self.size += len(taken)
        self._left -= len(taken)
        if self._left:
            return False
        self._state = self._chunk_end
        self.done = not self._chunked
        return True

    def _line(self, buffer: bytearray) -> bytes | None:
        """Take a line without its end; None where it is not complete."""
        end = buffer.find(b"\n", 0, _MAX_LINE)
        if end < 0:
            if len(buffer) >= _MAX_LINE:
                self._break()
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        return line

    def _size_line(self, buffer: bytearray) -> bool:
        """Take the line before a chunk."""
        line = self._line(buffer)
        if line is None:
            return False
        match = _CHUNK.fullmatch(line)
        if match is None:
            return self._break()
        self._left = int(match[1], 16)
        self._state = self._data if self._left else self._trailer
        return True

    def _chunk_end(self, buffer: bytearray) -> bool:
        """Take the line end after a chunk."""
        line = self._line(buffer)
        if line is None:
            return False
        self._state = self._size_line
        return line.strip(b"\r") == b"" or self._break()

    def _trailer(self, buffer: bytearray) -> bool:
        """Take the lines after the last chunk."""
        line = self._line(buffer)
        self.done = self.done or (line is not None and line.strip(b"\r") == b"")
        return line is not None

    def _break(self) -> bool:
        """Give up: nothing after this can be told apart."""
        self.fault = self.done = True
        return False


def frame(head: Head) -> tuple[int | None, str]:
    """
    Return the length of the body (None: chunked) and a fault.

    The fault is ``""``, ``length`` (no number, or given twice), ``coding`` (a transfer coding that nobody speaks) or ``both``
    (length and chunked together: the stuff of request smuggling).
    """
    lengths = head.values(b"content-length")
    codings = head.tokens(b"transfer-encoding") - {b""}
    if codings and codings != {b"chunked"}:
        return 0, "coding"
    if codings:
        return None, "both" if lengths else ""
    if len(lengths) > 1 or (lengths and not _LENGTH.fullmatch(lengths[0])):
        return 0, "length"
    return int(lengths[0]) if lengths else 0, ""
