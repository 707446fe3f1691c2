# SPDX-License-Identifier: MIT
"""
The store for a service that answers many at once: reading threads with a connection each, and one that writes.

The event loop never waits for the disk. A read sees one state of the store from its beginning to its end; writes come one
after the other, each a transaction. A store that was replaced (``decnet store restore``) is opened anew.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from decnet.store.database import connect, explained, transaction

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]

READERS: Final = 2
_READER_CACHE_KIB: Final = 1024


class Pool:
    """Threads around the database at ``path``; ``open`` it before use, ``close`` it at the end."""

    def __init__(self, path: Path, *, readers: int = READERS) -> None:
        self._path = path
        self._readers = ThreadPoolExecutor(max_workers=readers, thread_name_prefix="store-read")
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-write")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._writing: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Look at the store, as one who reads and as one who writes; raises what ``connect`` raises."""
        await self.read(lambda _: None)
        await self.write(lambda _: None)

    async def read(self, work: Work[Result]) -> Result:
        """Do something that reads, in one transaction; raises what ``connect``, ``explained`` and ``work`` raise."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, work: Work[Result]) -> Result:
        """Do something that writes, in one transaction, which is taken back where ``work`` raises."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, work)

    def close(self) -> None:
        """
        Wait for what is being done, and close every connection.

        Who closes the store last takes its write-ahead log along, which one that only reads may not: so the writer does.
        """
        for threads in (self._readers, self._writer):
            threads.shutdown(cancel_futures=True)
        for connection in sorted(self._opened, key=lambda one: one is self._writing):
            connection.close()

    def _read(self, work: Work[Result]) -> Result:
        """Read in this thread."""
        connection = self._connection(read_only=True)
        with explained(self._path):
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")

    def _write(self, work: Work[Result]) -> Result:
        """Write in this thread."""
        connection = self._connection(read_only=False)
        with transaction(connection, self._path):
            return work(connection)

    def _connection(self, *, read_only: bool) -> sqlite3.Connection:
        """Return the connection of this thread, to the database that has the name now."""
        found = self._path.stat() if self._path.exists() else None
        identity = (found.st_dev, found.st_ino) if found else None
        known: tuple[tuple[int, int], sqlite3.Connection] | None = getattr(self._local, "known", None)
        if known is not None and known[0] == identity:
            return known[1]
        if known is not None:
            del self._local.known
            self._opened.remove(known[1])
            known[1].close()
        connection = connect(self._path, read_only=read_only)
        connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
        self._local.known = (identity, connection)
        self._opened.append(connection)
        if not read_only:
            self._writing = connection
        return connection
