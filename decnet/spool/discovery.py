# SPDX-License-Identifier: MIT
"""Which spools there are, and when one of them has changed."""

import asyncio
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from decnet.host.inotify import Inotify

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LIMIT = 10_000
GATHER_SECONDS = 0.02
PATIENCE_SECONDS = 10.0


def spools(root: Path) -> list[tuple[str, str]]:
    """
    Return host and writer of every spool below ``root``, sorted; a bounded number of them.

    A host that is no folder is returned with an empty writer, so that a reader finds out and reports it.
    """
    found = []
    for host, is_folder in _names(root):
        writers = [(host, writer) for writer, _ in _names(root / host)] if is_folder else [(host, "")]
        found.extend(writers)
    return found[:_LIMIT]


class SpoolWatch:
    """Waits for new lines, segments, writers and hosts below ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._inotify = Inotify()
        root.mkdir(parents=True, exist_ok=True)
        self.look()

    def look(self) -> None:
        """Watch every folder that there is."""
        self._inotify.add(self._root)
        for host, is_folder in _names(self._root):
            if is_folder:
                self._inotify.add(self._root / host)
        for host, writer in spools(self._root):
            if writer:
                self._inotify.add(self._root / host / writer)

    async def changed(self) -> None:
        """
        Return a moment after a change, so that what belongs together is read together; a new folder is watched from then on.

        In silence return after ``PATIENCE_SECONDS``: a folder that came between two looks, or a change that the kernel did
        not tell, costs time only.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._inotify.changed()
                await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            pass
        self.look()

    def close(self) -> None:
        """Stop watching."""
        self._inotify.close()


def _names(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield the proper names in a folder, sorted, and whether each is a folder itself (no link to one)."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in islice(entries, _LIMIT)]
    except OSError:
        return
    yield from sorted((name, is_folder) for name, is_folder in found if _NAME.fullmatch(name))
