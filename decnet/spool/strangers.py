# SPDX-License-Identifier: MIT
"""
What lies in the spools and no writer made, found by somebody who may be root: nothing is followed, opened or believed.

A writer's account may have been taken over. It can make any number of entries, of any name, as deep as it likes; so a folder
that no writer makes is named and never entered, and the look ends at a bound.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from decnet.spool.segment import BLOBS

MOST = 100_000
"""How many entries of one folder are looked at."""
_FILE = 2
"""How deep a writer's own files lie: below the host's folder and the writer's."""


@dataclass(frozen=True)
class Stranger:
    """Something that does not belong where it is."""

    path: Path
    reason: str


def strangers(spool: Path, most: int = MOST) -> Iterator[Stranger]:
    """Yield what no writer made, and where the look had to end; a folder that is missing holds nothing."""
    yield from _in(spool, 0, most)


def _in(folder: Path, depth: int, most: int) -> Iterator[Stranger]:
    """Look at the entries of a folder, ``depth`` below the folder of all spools, and into those that writers make."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, most + 1)]
    except FileNotFoundError:
        return
    except OSError as error:
        yield Stranger(folder, f"cannot be looked into: {error.strerror}")
        return
    if len(names) > most:
        yield Stranger(folder, f"holds more than {most} entries, and only so many were looked at")
    for name in names[:most]:
        yield from _judge(folder / name, depth, most)


def _judge(path: Path, depth: int, most: int) -> Iterator[Stranger]:
    """Look at one entry."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return  # deleted meanwhile by the writer, which is its right
    except OSError as error:
        yield Stranger(path, f"cannot be looked at: {error.strerror}")
        return
    if stat.S_ISDIR(mode) and (depth < _FILE or (depth == _FILE and path.name == BLOBS)):
        yield from _in(path, depth + 1, most)
    elif stat.S_ISDIR(mode):
        yield Stranger(path, "is a folder that no writer makes")
    elif not stat.S_ISREG(mode):
        yield Stranger(path, "is no regular file or folder of ours")
