# SPDX-License-Identifier: MIT
"""Recordings of terminals: asciicast, version 2, a line of JSON for the head and one for each output."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import msgspec

from decnet.errors import DamagedError
from decnet.spool.line import MALFORMED

_LINE_LIMIT: Final = 1 << 24
_LARGEST: Final = 1000
_OUTPUT = msgspec.json.Decoder(tuple[float, str, str])


@dataclass(frozen=True, kw_only=True)
class Head:
    """How large the terminal was, in characters; other values of a recording are for nobody."""

    version: int = 2
    width: int = 80
    height: int = 24


_HEAD = msgspec.json.Decoder(Head)


def head(lines: BinaryIO) -> Head:
    """Return the first line of a recording; raise ``DamagedError`` where it is none."""
    try:
        found = _HEAD.decode(lines.readline(_LINE_LIMIT))
    except MALFORMED as error:
        raise _damaged() from error
    return Head(width=min(max(found.width, 1), _LARGEST), height=min(max(found.height, 1), _LARGEST))


def outputs(lines: BinaryIO) -> Iterator[tuple[float, str]]:
    """Yield the time and the text of each output behind the head; a torn end is left out."""
    while line := lines.readline(_LINE_LIMIT):
        if not line.endswith(b"\n"):
            return
        try:
            at, kind, data = _OUTPUT.decode(line)
        except MALFORMED as error:
            raise _damaged() from error
        if kind == "o":
            yield at, data


def _damaged() -> DamagedError:
    """Return what to tell of a file that is no recording."""
    return DamagedError("the recording is no asciicast", remedy="decnet store check")
