# SPDX-License-Identifier: MIT
"""
Evidence on its way from a lure to the disk.

``record`` returns when the kernel has the whole line: a killed process loses nothing that a client was answered for. A group
fdatasync follows within ``sync_seconds`` for the case that the machine itself dies. Sequences are never used twice and never
left out; what could not be written, for want of room, has no sequence, is counted, and is told by a ``Lost`` record as soon as
there is room again.
"""

import asyncio
import errno
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from decnet.config.model import Disk, Spool
from decnet.domain.evidence import Body, Endpoint, Lost, Origin, now
from decnet.errors import DecnetError
from decnet.host.disk import NO_ROOM, free_bytes
from decnet.spool.capture import BlobFile, BlobFolder, sync_blobs
from decnet.spool.folder import RESERVE, Folder, sync_files
from decnet.spool.line import write_line
from decnet.spool.sealing import DataKey, fingerprint, new_key, purpose
from decnet.spool.segment import BLOBS, VERSION, Header, encode_header, segment_name, sha256_in

_NOWHERE = Endpoint(address="", port=0)
log = logging.getLogger(__name__)
_LOOK_SECONDS = 5.0


@dataclass
class _Open:
    """The segment that is being written; ``size`` is the offset behind its last complete line."""

    file: int
    first: int
    size: int
    key: DataKey
    begun_at: float


@dataclass
class _Gap:
    """Records that could not be written."""

    count: int
    since: datetime
    until: datetime
    reason: str


class SpoolWriter:
    """
    Writes one spool: a ``decnet.lures.lure.Pen``; ``folder`` is the writer's own, ``<spool>/<host>/<writer>``.

    Only one process may write it; ``start`` raises ``InUseError`` where another one does, ``DamagedError`` where something
    lies in it that is no file of this account. ``run`` is a task of the owner.
    """

    def __init__(
        self, folder: Path, *, host: str, writer: str, public_key: X25519PublicKey, settings: Spool, disk: Disk
    ) -> None:
        if (folder.parent.name, folder.name) != (host, writer):
            raise ValueError(f"a spool's folder ends with its host and its writer, not with {folder.parent.name}/{folder.name}")
        self.host = host
        self.writer = writer
        self.sequence = 0
        self._path = folder
        self._public_key = public_key
        self._settings = settings
        self._disk = disk
        self._locked: Folder | None = None
        self._blobs = BlobFolder(folder / BLOBS, settings, disk, public_key)
        self._sizes: dict[int, int] = {}
        self._total = 0
        self._named: dict[str, int] = {}
        self._open: _Open | None = None
        self._unsynced: list[int] = []
        self._dirty = asyncio.Event()
        self._gap: _Gap | None = None
        self._has_reserve = False
        self._written = self._lost = self._bytes = self._begun = 0

    @property
    def counters(self) -> dict[str, int]:
        """Return what was written and lost since the start, and the bytes that wait for the store."""
        return {
            "written": self._written,
            "lost": self._lost,
            "bytes": self._bytes,
            "segments": self._begun,
            "waiting_bytes": self._total,
            "blobs": self._blobs.kept,
            "blobs_truncated": self._blobs.truncated,
            "blobs_waiting_bytes": self._blobs.waiting_bytes,
        }

    def start(self) -> None:
        """Lock the folder, find the place where the last process stopped."""
        self._locked = Folder(self._path)
        self._blobs.start()
        self._sizes = self._folder.segments()
        self._total = sum(self._sizes.values())
        self.sequence = self._find_sequence()
        self._forget_orphans()
        self._has_reserve = self._folder.set_reserve_aside(self._settings.reserve_bytes)

    def record(self, origin: Origin, body: Body, secret: bytes | None = None) -> None:
        """Write one record, sealed; what cannot be written is counted, never raised."""
        try:
            self._find_again()
            self._tell_gap()
            self._append(origin, body, secret)
        except (OSError, DecnetError) as error:
            self._lose(str(getattr(error, "strerror", None) or error))

    def capture(self) -> BlobFile:
        """Begin to keep a file."""
        return BlobFile(self._blobs)

    def ingested(self, sequence: int) -> None:
        """
        Delete what the store has: whole segments, and captured files that only records up to ``sequence`` name.

        A store that knows more than this spool (the folder was emptied while the clock was wrong) is believed: sequences that
        it has seen would be taken for copies.
        """
        if sequence > self.sequence:
            self._end_segment()
            self.sequence = sequence
        for first, following in list(pairwise(sorted(self._sizes))):
            if following - 1 <= sequence:
                self._folder.remove(segment_name(first))
                self._total -= self._sizes.pop(first)
        for name, last in list(self._named.items()):
            if last <= sequence:
                self._blobs.remove(name)
                del self._named[name]

    async def run(self) -> None:
        """Make durable what was written, in groups, until cancelled."""
        looked_at = time.monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._dirty.wait()
                await asyncio.sleep(self._settings.sync_seconds / 2)
                await self.sync()
            if time.monotonic() - looked_at >= _LOOK_SECONDS:
                self._look_around()
                looked_at = time.monotonic()

    async def sync(self) -> None:
        """Return when everything written so far is on the disk (fdatasync(2), in a thread)."""
        self._dirty.clear()
        await asyncio.to_thread(self._make_durable, self._take_unsynced(), self._blobs.take_unsynced())

    def close(self) -> None:
        """Make everything durable and give the folder back; does nothing where ``start`` did not succeed."""
        if self._locked is None:
            return
        self._end_segment()
        self._make_durable(self._take_unsynced(), self._blobs.take_unsynced())
        self._locked.close()
        self._locked = None

    @property
    def _folder(self) -> Folder:
        """The folder, between ``start`` and ``close``."""
        if self._locked is None:
            raise OSError(errno.EBADF, "the spool is not open")
        return self._locked

    def _append(self, origin: Origin, body: Body, secret: bytes | None) -> None:
        """Write a record; when there is no room, once more after the reserve was freed. Raise ``OSError``."""
        try:
            self._append_once(origin, body, secret)
        except OSError as error:
            if error.errno not in NO_ROOM or not self._has_reserve:
                raise
            self._folder.remove(RESERVE)
            self._has_reserve = False
            self._append_once(origin, body, secret)

    def _append_once(self, origin: Origin, body: Body, secret: bytes | None) -> None:
        """Write a record into the current segment, or into a new one where that is full or old."""
        segment = self._segment()
        blob = self._blobs.name_of(sha256_in(body))
        following = self.sequence + 1
        line = write_line(
            origin, body, secret, key=segment.key, host=self.host, writer=self.writer, sequence=following, blob=blob
        )
        if self._total + len(line) > self._settings.limit_bytes:
            raise OSError(errno.ENOBUFS, f"the spool is at its limit of {self._settings.limit_bytes} bytes")
        self._write(segment, line)
        self.sequence = following
        self._account(segment, len(line), blob)

    def _write(self, segment: _Open, line: bytes) -> None:
        """Write a whole line or nothing."""
        written = os.write(segment.file, line)
        if written == len(line):
            return
        try:
            os.ftruncate(segment.file, segment.size)
        except OSError:
            self._end_segment()
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _account(self, segment: _Open, size: int, blob: str) -> None:
        """Count a record that is in the kernel's hands."""
        segment.size += size
        self._sizes[segment.first] = segment.size
        self._total += size
        self._bytes += size
        self._written += 1
        if blob:
            self._named[blob] = self.sequence
        self._dirty.set()

    def _segment(self) -> _Open:
        """Return the segment to write to."""
        if self._open and (self._open.size >= self._settings.segment_bytes or self._is_old(self._open)):
            self._end_segment()
        if self._open is None:
            first = self.sequence + 1
            raw, sealed = new_key(self._public_key, purpose(self.host, self.writer, first))
            recipient = fingerprint(self._public_key)
            header = encode_header(
                Header(version=VERSION, host=self.host, writer=self.writer, first=first, recipient=recipient, key=sealed)
            )
            file = self._folder.create(first, header)
            self._total += len(header) - self._sizes.get(first, 0)
            self._sizes[first] = len(header)
            self._open = _Open(file, first, len(header), DataKey(raw), time.monotonic())
            self._begun += 1
        return self._open

    def _is_old(self, segment: _Open) -> bool:
        """Whether a segment's data key has lived long enough."""
        return segment.first <= self.sequence and time.monotonic() - segment.begun_at >= self._settings.segment_seconds

    def _end_segment(self) -> None:
        """Forget the current segment's data key; its file is closed when it is durable."""
        if self._open:
            self._unsynced.append(self._open.file)
            self._open = None
            self._dirty.set()

    def _take_unsynced(self) -> list[int]:
        """Return descriptors to sync and close: the segments that ended, and a copy of the current one's."""
        files = self._unsynced
        self._unsynced = []
        if self._open:
            files.append(os.dup(self._open.file))
        return files

    def _make_durable(self, files: list[int], blobs: list[str]) -> None:
        """Sync captured files before the records that name them."""
        if blobs:
            sync_blobs(self._blobs.path, blobs)
        sync_files(files, self._path)

    def _find_again(self) -> None:
        """Begin anew where somebody removed the folder: what is written to its descriptor nobody finds."""
        if self._locked is None or not self._locked.is_removed():
            return
        removed, last = self._locked, self.sequence
        self._end_segment()
        self._named = {}
        self._blobs = BlobFolder(self._path / BLOBS, self._settings, self._disk, self._public_key)
        self.start()
        removed.close()
        # an empty spool begins at the clock; here it is known where the old one ended, and the reader sees what is missing
        self.sequence = max(self.sequence, last) if self._sizes else last
        log.error("somebody removed the spool %s, with what the store had not yet read; it begins anew", self._path)

    def _lose(self, reason: str) -> None:
        """Count a record that found no room."""
        if self._gap is None:
            log.error("evidence is lost until this is mended: %s", reason)
        moment = now()
        self._lost += 1
        self._gap = self._gap or _Gap(0, moment, moment, reason)
        self._gap.count += 1
        self._gap.until = moment

    def _tell_gap(self) -> None:
        """Write the record that says what was lost, before anything that follows it."""
        if self._gap is None:
            return
        gap = self._gap
        origin = Origin(decoy="", lure="spool", session="", peer=_NOWHERE, local=_NOWHERE)
        self._append(origin, Lost(count=gap.count, since=gap.since, until=gap.until, reason=gap.reason), None)
        self._gap = None

    def _look_around(self) -> None:
        """Now and then: tell a gap, end an old segment so that its key is gone, set the reserve aside again."""
        try:
            self._find_again()
            self._tell_gap()
        except (OSError, DecnetError):
            return
        if self._open and self._is_old(self._open):
            self._end_segment()
        wanted = self._settings.reserve_bytes
        if not self._has_reserve and free_bytes(self._folder.fd) > 2 * wanted + self._disk.blob_floor_bytes:
            self._has_reserve = self._folder.set_reserve_aside(wanted)

    def _find_sequence(self) -> int:
        """
        Return the last sequence that was used.

        An empty folder begins at the microseconds since the epoch: one that was emptied by hand repeats no sequence.
        """
        if not self._sizes:
            return time.time_ns() // 1000
        newest = max(self._sizes)
        scan = self._folder.scan(newest)
        return max(newest - 1 + max(scan.lines - 1, 0), scan.last)

    def _forget_orphans(self) -> None:
        """Learn which record names which captured file last; delete those that none names."""
        waiting = self._blobs.names()
        if not waiting:
            return
        for first in sorted(self._sizes):
            self._named |= self._folder.scan(first).named
        self._named = {name: last for name, last in self._named.items() if name in waiting}
        for name in waiting - self._named.keys():
            self._blobs.remove(name)
