# SPDX-License-Identifier: MIT
"""
From the spools into the store, exactly once.

A batch, everything that follows from it and the place where the next batch begins are one transaction: a process that is
killed before the commit reads the same lines again, one that is killed after it goes on behind them. Captured files are
copied before, under their hash, so that a second copy changes nothing.
"""

import os
import sqlite3
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from decnet.config.model import Config, Store
from decnet.domain.evidence import Unreadable, now
from decnet.errors import DamagedError, DiskFullError, HostError
from decnet.events import SpoolIngested
from decnet.spool.discovery import spools
from decnet.spool.line import encode_body
from decnet.spool.reader import Batch, Damage, Found, Position, SpoolReader
from decnet.spool.segment import sha256_in
from decnet.store import blobs, evidence, secrets
from decnet.store import spools as spool_rows
from decnet.store.blobs import Opener, Taken
from decnet.store.changes import Changes
from decnet.store.database import connect, explained, microseconds, transaction
from decnet.store.keys import Box, Keys, load
from decnet.store.retention import Retention
from decnet.store.spools import SpoolRow

_TOLD_LIMIT = 10_000
REPEAT_SECONDS = 10.0


@dataclass(slots=True)
class Outcome:
    """
    What a step did: records stored, messages to publish (topic, body), damage met.

    ``lag`` is the age of the oldest record in seconds; with ``more`` the next step finds something at once. ``blocked`` says
    which spools wait for somebody, and why.
    """

    records: int = 0
    lag: float = 0.0
    damage: int = 0
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    more: bool = False
    blocked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """A batch of one spool and the captured files that belong to its records, by their names in the spool."""

    reader: SpoolReader
    batch: Batch
    blobs: dict[str, Taken | None] = field(default_factory=dict)


class Ingest:
    """
    Reads every spool below ``spool`` into the store at ``database``; to be used by one thread at a time.

    ``batch`` is the number of lines in a transaction, ``blob_limit`` the size of the largest captured file,
    ``blob_floor`` the free room of the disk that captured files leave to evidence.
    """

    def __init__(
        self, database: Path, *, spool: Path, blobs: Path, keys: Keys, batch: int, blob_limit: int, blob_floor: int = 0
    ) -> None:
        self._connection: sqlite3.Connection | None = None
        self._retention: Retention | None = None
        self._database = database
        self._spool = spool
        self._blobs = blobs
        self._keys = keys
        self._box = Box(keys)
        self._batch = batch
        self._opener = Opener(keys.sealing, self._box, blob_limit)
        self._blob_floor = blob_floor
        self._readers: dict[tuple[str, str], SpoolReader] = {}
        self._rows: dict[tuple[str, str], SpoolRow] = {}
        self._order: deque[tuple[str, str]] = deque()
        self._told: set[tuple[str, str, int, str, int]] = set()
        self._durable: dict[tuple[str, str], int] = {}
        self._told_at = 0.0
        self._identity: tuple[int, int] | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """The store, opened when it is first needed; raises what ``connect`` and ``decnet.store.secrets.confirm`` raise."""
        if self._connection is None:
            opened = connect(self._database)
            self._confirm_keys(opened)
            self._rows = {(row.host, row.writer): row for row in spool_rows.listed(opened)}
            self._connection = opened
            self._identity = _identity_of(self._database)
        return self._connection

    def _confirm_keys(self, connection: sqlite3.Connection) -> None:
        """Refuse a store that was filled with other keys; let a new one know ours."""
        try:
            if not secrets.confirm(connection, self._box):
                with transaction(connection, self._database):
                    secrets.set_mark(connection, self._box)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the store."""
        if self._connection is not None:
            self._connection.close()

    def step(self) -> Outcome:
        """
        Bring the next batch of all spools into the store.

        Raises ``DiskFullError`` where there is no room and ``InUseError`` where another process holds the store; the spools
        are untouched then, and the next step begins at the same place. Raises ``HostError`` where the store was replaced.
        """
        self.connection  # noqa: B018 - opened here, so that the places in the spools are known
        self._check_place()
        readings = self._read()
        blocked = [reading.batch.blocked for reading in readings if reading.batch.blocked]
        if not any(reading.batch.records or reading.batch.damage for reading in readings):
            return Outcome(blocked=blocked)
        for reading in readings:
            self._take_blobs(reading)
        try:
            outcome = self._store(readings)
        except sqlite3.IntegrityError:
            self._drop_known(readings)
            outcome = self._store(readings)
        outcome.more = any(reading.batch.more for reading in readings)
        outcome.blocked = blocked
        return outcome

    def checkpoint(self) -> list[SpoolIngested]:
        """
        Make durable what was committed; return how far each spool may be deleted by its writer.

        Where nothing was committed since the last time the list is empty, except every ``REPEAT_SECONDS``: a message that
        was lost costs time only. It is empty, too, while there is no room: nothing may be deleted then.
        Raises ``HostError`` where the store was replaced.
        """
        self._check_place()
        committed = {key: row.position.sequence for key, row in self._rows.items()}
        is_time = time.monotonic() - self._told_at >= REPEAT_SECONDS
        if committed == self._durable and not is_time:
            return []
        if committed != self._durable:
            try:
                self._make_durable()
            except DiskFullError:
                return []
        self._durable = committed
        self._told_at = time.monotonic()
        told = [SpoolIngested(host=host, writer=writer, sequence=last) for (host, writer), last in committed.items()]
        return [event for event in told if event.sequence]

    def retain(self, settings: Store) -> int:
        """Delete one portion of what is too old or too much; return how many rows went (``Retention.step``)."""
        if self._retention is None:
            self._retention = Retention(self.connection, database=self._database, blobs=self._blobs)
        return self._retention.step(settings)

    def _check_place(self) -> None:
        """Raise ``HostError`` where the file of the store is another one now: what is written to ours nobody finds."""
        if self._connection is not None and _identity_of(self._database) != self._identity:
            raise HostError(f"somebody replaced the store {self._database}", remedy="start the ingester again")

    def _make_durable(self) -> None:
        """Move the log into the database; where a reader hinders that, the log itself is made durable."""
        with explained(self._database):
            _, pages, moved = self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if pages != moved:
            _sync(self._database.with_name(self._database.name + "-wal"))

    def _read(self) -> list[_Reading]:
        """Read from each spool in turn until the batch is full; the next step begins with another spool."""
        names = spools(self._spool)
        known = set(names)
        self._order = deque(key for key in self._order if key in known)
        ordered = set(self._order)
        self._order.extend(key for key in names if key not in ordered)
        self._readers = {key: reader for key, reader in self._readers.items() if key in known}
        readings = []
        room = self._batch
        for key in list(self._order):
            reading = _Reading(self._reader(key), self._reader(key).read(self._position(key), room))
            self._forget_told(reading)
            readings.append(reading)
            room -= reading.batch.lines
            self._order.rotate(-1)
            if room <= 0:
                break
        return readings

    def _reader(self, key: tuple[str, str]) -> SpoolReader:
        """Return the reader of a spool."""
        if key not in self._readers:
            host, writer = key
            folder = self._spool / host / writer if writer else self._spool / host
            self._readers[key] = SpoolReader(folder, host=host, writer=writer, private_key=self._keys.sealing)
        return self._readers[key]

    def _position(self, key: tuple[str, str]) -> Position:
        """Return where a spool goes on."""
        row = self._rows.get(key)
        return row.position if row else Position()

    def _forget_told(self, reading: _Reading) -> None:
        """Leave out damage that the store knows: what stays damaged is met at every look."""
        host, writer = reading.reader.host, reading.reader.writer
        batch = reading.batch
        batch.damage = [one for one in batch.damage if (host, writer, one.segment, one.reason, one.offset) not in self._told]

    def _take_blobs(self, reading: _Reading) -> None:
        """Copy the captured files of a batch; what is wrong with one is damage, and the record stays."""
        for index, found in enumerate(reading.batch.records):
            if not found.blob:
                continue
            if found.blob not in reading.blobs:
                reading.blobs[found.blob] = self._take_blob(reading, found)
            reading.batch.records[index] = _naming(found, reading.blobs[found.blob])

    def _take_blob(self, reading: _Reading, found: Found) -> Taken | None:
        """Copy one captured file; None, and damage, where it cannot be had."""
        sha256 = sha256_in(found.record.body)
        try:
            return blobs.take(
                reading.reader.folder, self._blobs, found.blob, self._opener, sha256=sha256, floor=self._blob_floor
            )
        except DamagedError as error:
            reading.batch.damage.append(Damage(0, found.record.sequence, "blob", error.message))
            return None

    def _store(self, readings: list[_Reading]) -> Outcome:
        """Write everything in one transaction; then, and only then, remember it here."""
        outcome = Outcome()
        changes = Changes(self._box)
        moved: dict[tuple[str, str], SpoolRow] = {}
        with transaction(self.connection, self._database):
            for reading in readings:
                row = self._enter(reading)
                self._prepare(reading.batch.records, row, changes)
                self._finish(reading, row)
                moved[row.host, row.writer] = SpoolRow(
                    row.id, row.host, row.writer, reading.batch.position, row.records + len(reading.batch.records)
                )
            outcome.messages = changes.write(self.connection)
        self._rows |= moved
        self._remember(readings)
        oldest = [reading.batch.records[0].record.at for reading in readings if reading.batch.records]
        outcome.lag = max(0.0, (now() - min(oldest)).total_seconds()) if oldest else 0.0
        outcome.records = sum(len(reading.batch.records) for reading in readings)
        outcome.damage = sum(len(reading.batch.damage) for reading in readings)
        return outcome

    def _enter(self, reading: _Reading) -> SpoolRow:
        """Return the spool's row."""
        return spool_rows.enter(self.connection, reading.reader.host, reading.reader.writer)

    def _prepare(self, found: list[Found], spool: SpoolRow, changes: Changes) -> None:
        """Collect what the records of one spool change; their secrets are written already here, for their ids."""
        times = [microseconds(one.record.at) for one in found]
        seen = [(one.record.secret, at) for one, at in zip(found, times, strict=True)]
        ids = secrets.keep(self.connection, self._box, [(secret, at) for secret, at in seen if secret is not None])
        for one, (secret, at) in zip(found, seen, strict=True):
            secret_id = None if secret is None else ids[secret]
            changes.add(one, spool=spool.id, at=at, secret_id=secret_id)

    def _finish(self, reading: _Reading, spool: SpoolRow) -> None:
        """Write what belongs to the spool itself."""
        blobs.add(self.connection, filter(None, reading.blobs.values()))
        spool_rows.report(self.connection, spool.host, spool.writer, reading.batch.damage)
        spool_rows.move(self.connection, spool, reading.batch.position, len(reading.batch.records))

    def _remember(self, readings: list[_Reading]) -> None:
        """Remember the damage that the store knows now."""
        if len(self._told) > _TOLD_LIMIT:
            self._told.clear()
        for reading in readings:
            host, writer = reading.reader.host, reading.reader.writer
            self._told |= {(host, writer, one.segment, one.reason, one.offset) for one in reading.batch.damage}

    def _drop_known(self, readings: list[_Reading]) -> None:
        """Take out the records whose id or sequence is in the store: forged, or doubled by somebody."""
        taken: set[str] = set()
        for reading in readings:
            row = spool_rows.get(self.connection, reading.reader.host, reading.reader.writer)
            kept = []
            for found in reading.batch.records:
                if found.record.id in taken or self._is_known(found, row.id if row else 0):
                    detail = f"record {found.record.id} is in the store already"
                    reading.batch.damage.append(Damage(0, found.record.sequence, "duplicate", detail))
                    continue
                taken.add(found.record.id)
                kept.append(found)
            reading.batch.records = kept

    def _is_known(self, found: Found, spool: int) -> bool:
        """Whether the store has a record of this id or of this place."""
        row = evidence.row_of(found.record, spool=spool, at=0, secret_id=None)
        return evidence.is_known(self.connection, row)


def _naming(found: Found, taken: Taken | None) -> Found:
    """Return a record that cannot be read with the captured file that belongs to it; any other names it itself."""
    body = found.record.body
    if taken is None or not isinstance(body, Unreadable):
        return found
    body = replace(body, sha256=taken.sha256)
    return Found(replace(found.record, body=body), encode_body(body), found.blob)


def open_ingest(config: Config) -> Ingest:
    """
    Return the ingest of a configuration; raise ``StoreOutdatedError``, ``ConfigError`` or what else hinders it.

    A full disk does not: the store is opened when there is room.
    """
    paths = config.paths
    ingest = Ingest(
        paths.store,
        spool=paths.spool,
        blobs=paths.blobs,
        keys=load(paths.secrets),
        batch=config.store.batch,
        blob_limit=config.spool.blob_bytes,
        blob_floor=config.disk.blob_floor_bytes,
    )
    with suppress(DiskFullError):
        ingest.connection  # noqa: B018 - opened here, so that what hinders it ends the start
    return ingest


def _identity_of(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _sync(path: Path) -> None:
    """Make a file durable."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
