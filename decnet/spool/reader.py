# SPDX-License-Identifier: MIT
"""
A spool, read by somebody who trusts nothing in it.

The folder may belong to a process that an attacker took over. Nothing is followed that is no regular file of the folder's
owner; lines are bounded; each one is checked against its types, and against the folder, the segment and the sequence that it
stands in. What is wrong is reported as damage, counted, and does not stop what follows. A last line without its line feed may
still be being written: it waits, unless a later segment says that nobody will end it.

What is returned is durable in the spool: after a power cut the store must never know a record that the spool has lost, because
the writer would use its sequence again.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.domain.evidence import Body, Record, Unreadable
from decnet.errors import ConfigError, DamagedError
from decnet.spool.line import MALFORMED, Sealed, encode_body, parse, read_content, sequence_of, to_record
from decnet.spool.sealing import DataKey, fingerprint, open_key, purpose
from decnet.spool.segment import LINE_LIMIT, VERSION, Header, opened, segment_name, segments

_CHUNK = 2 * LINE_LIMIT
_HEADER_LIMIT = 4096
_KEYS_KEPT = 8
_KIND_SHOWN = 64
_TORN = b"torn"
_TOO_LONG = b"too long"


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading goes on: a segment, the offset of its next line, and the last sequence that was read (0: none)."""

    segment: int = 0
    offset: int = 0
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A record, opened, its body as JSON in the form that this version writes, and the file that belongs to it."""

    record: Record
    body: bytes
    blob: str = ""


@dataclass(frozen=True, slots=True)
class Damage:
    """
    Something that is not what it has to be, at an offset of a segment.

    ``reason`` is one of a few words, so that a hostile spool cannot fill a table; ``detail`` is for people; ``count`` is
    how many records are concerned.
    """

    segment: int
    offset: int
    reason: str
    detail: str
    count: int = 1


@dataclass(slots=True)
class Batch:
    """
    What one look at a spool found, and where the next one begins; ``more`` where the limit of ``lines`` ended it.

    ``blocked`` says why reading does not go on although there is more: somebody has to mend that, and nothing is lost.
    """

    position: Position
    blocked: str = ""
    records: list[Found] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    lines: int = 0
    more: bool = False


class SpoolReader:
    """Reads the spool ``folder`` of one writer."""

    def __init__(self, folder: Path, *, host: str, writer: str, private_key: X25519PrivateKey) -> None:
        self.folder = folder
        self.host = host
        self.writer = writer
        self._private_key = private_key
        self._recipient = fingerprint(private_key.public_key())
        self._keys: dict[tuple[int, bytes], DataKey | str] = {}

    def read(self, position: Position, limit: int) -> Batch:
        """Return at most ``limit`` lines behind ``position``; a folder that is not there, or is no folder, is damage."""
        batch = Batch(position)
        try:
            with opened(self.folder) as folder:
                self._read(folder, batch, limit)
        except OSError as error:
            batch.damage.append(Damage(0, 0, "folder", f"{self.folder}: {error.strerror}"))
        return batch

    def open_header(self, segment: int, line: bytes) -> DataKey:
        """
        Return the data key of a header's line.

        Raises ``DamagedError`` where the header is another segment's or damaged, ``ConfigError`` where it is sealed to a key
        that is not here.
        """
        try:
            header = _HEADER.decode(line)
        except MALFORMED as error:
            raise DamagedError("the header cannot be read") from error
        if (header.version, header.host, header.writer, header.first) != (VERSION, self.host, self.writer, segment):
            raise DamagedError("the header is that of another segment, or of another version")
        if header.recipient != self._recipient:
            raise ConfigError(
                f"the spool {self.folder} is sealed to the key {header.recipient}, and sealing.key is {self._recipient}",
                remedy="put the sealing.key back that was there when it was written; nothing is lost until then",
            )
        return DataKey(open_key(header.key, self._private_key, purpose(self.host, self.writer, segment)))

    def key_of(self, batch: Batch, segment: int, file: int) -> DataKey | None:
        """
        Return the data key of an open segment; None, and damage, where its header is not in order.

        Raises ``ConfigError`` where it is sealed to a key that is not here.
        """
        line = os.pread(file, _HEADER_LIMIT, 0).partition(b"\n")[0]
        found = self._keys.get((segment, line))
        if found is None:
            if len(self._keys) >= _KEYS_KEPT:
                self._keys.clear()
            try:
                found = self.open_header(segment, line)
            except DamagedError as error:
                found = error.message
            self._keys[segment, line] = found
        if isinstance(found, DataKey):
            return found
        batch.damage.append(Damage(segment, 0, "header", found))
        return None

    def _read(self, folder: int, batch: Batch, limit: int) -> None:
        """Go through the segments from the batch's position on."""
        present = segments(folder)
        firsts = [first for first in present if first >= batch.position.segment]
        if present and not firsts:
            detail = (
                f"every segment is older than {batch.position.segment}, where reading stopped: what is in them is not stored"
            )
            batch.damage.append(Damage(present[-1], 0, "older", detail))
        owner = os.fstat(folder).st_uid
        for first, following in pairwise([*firsts, None]):
            if first is None:
                return
            file = self._open(folder, first, owner, batch)
            if file is None and following is None:
                return
            if file is None:
                continue
            try:
                taken = batch.lines
                goes_on = _SegmentReading(self, batch, first, following, file).read(limit)
                if batch.lines > taken:
                    os.fdatasync(file)
                    os.fsync(folder)
            finally:
                os.close(file)
            if not goes_on:
                return

    def _open(self, folder: int, first: int, owner: int, batch: Batch) -> int | None:
        """Open a segment that is a regular file of the folder's owner."""
        try:
            file = os.open(segment_name(first), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            batch.damage.append(Damage(first, 0, "file", f"the segment cannot be opened: {error.strerror}"))
            return None
        state = os.fstat(file)
        if stat.S_ISREG(state.st_mode) and state.st_uid == owner:
            return file
        os.close(file)
        batch.damage.append(Damage(first, 0, "file", f"the segment is no regular file of uid {owner}"))
        return None


class _SegmentReading:
    """One pass over the new lines of one segment; ``_offset`` is behind the line that is being looked at, ``_at`` before it."""

    def __init__(self, reader: SpoolReader, batch: Batch, first: int, following: int | None, file: int) -> None:
        self._reader = reader
        self._batch = batch
        self._first = first
        self._following = following
        self._file = file
        self._offset = batch.position.offset if batch.position.segment == first else 0
        self._at = self._offset
        self._sequence = batch.position.sequence
        self._after_damage = False

    def read(self, limit: int) -> bool:
        """Read up to the limit; say whether the next segment may follow."""
        size = os.fstat(self._file).st_size
        if size < self._offset:
            self._damage("short", "the segment is shorter than it was")
        if size <= self._offset:
            return self._following is not None
        if self._offset == 0 and not self._pass_header():
            return False
        try:
            key = self._reader.key_of(self._batch, self._first, self._file)
        except ConfigError as error:
            self._batch.blocked = f"{error.message}: {error.remedy}"
            return False
        for line, upcoming in self._lines(limit - self._batch.lines):
            self._take(line, upcoming, key)
            self._batch.position = Position(self._first, self._offset, self._sequence)
            self._batch.lines += 1
            if self._batch.lines >= limit:
                self._batch.more = True
                return False
        return self._following is not None

    def _pass_header(self) -> bool:
        """Step over the header's line and check that the segment follows the one before; false where it is not complete."""
        head = os.pread(self._file, _HEADER_LIMIT, 0)
        if b"\n" not in head and len(head) < _HEADER_LIMIT and self._following is None:
            return False
        self._offset = head.index(b"\n") + 1 if b"\n" in head else len(head)
        expected = self._sequence + 1
        if self._sequence and self._first > expected:
            self._damage("missing", f"records {expected} to {self._first - 1} are missing", self._first - expected)
        self._sequence = max(self._sequence, self._first - 1)
        return True

    def _lines(self, wanted: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield complete lines, each with the one behind it (empty where it is not there yet); ``wanted`` are asked for."""
        ended = False
        while not ended:
            data = os.pread(self._file, _CHUNK, self._offset)
            ended = len(data) < _CHUNK
            *lines, rest = data.split(b"\n", wanted + 1)
            for line, upcoming in pairwise([*lines, b""]):
                self._at = self._offset
                self._offset += len(line) + 1
                yield line, upcoming
            if len(rest) >= LINE_LIMIT or (ended and rest and self._following is not None):
                yield self._pass_over(rest), b""

    def _pass_over(self, rest: bytes) -> bytes:
        """Leave behind a line that is too long, or that nobody will end; return what stands for it, which is no record."""
        self._at = self._offset
        self._offset += len(rest)
        return _TOO_LONG if len(rest) >= LINE_LIMIT else _TORN

    def _take(self, line: bytes, upcoming: bytes, key: DataKey | None) -> None:
        """Take a line as a record, or as damage."""
        try:
            sealed = parse(line, self._reader.host, self._reader.writer)
            self._check_sequence(sealed.line.sequence, upcoming)
        except DamagedError as error:
            self._damage("torn" if line is _TORN else "line", str(error))
            self._after_damage = True
            return
        self._after_damage = False
        self._sequence = sealed.line.sequence
        body, text, secret = self._content(sealed, key)
        self._batch.records.append(Found(to_record(sealed.line, body, secret), text, sealed.line.blob))

    def _check_sequence(self, sequence: int, upcoming: bytes) -> None:
        """
        Raise ``DamagedError`` for a record that was read before, or that does not belong here.

        A step over missing records is believed where the damage before it explains it, or the next line goes on from it.
        """
        expected = self._sequence + 1
        if sequence == expected:
            return
        if sequence < expected:
            raise DamagedError(f"sequence {sequence} was read before (expected {expected})")
        believed = self._after_damage or not upcoming or sequence_of(upcoming) == sequence + 1
        if not believed or (self._following is not None and sequence >= self._following):
            raise DamagedError(f"sequence {sequence} where {expected} was expected")
        self._damage("missing", f"records {expected} to {sequence - 1} are missing", sequence - expected)

    def _content(self, sealed: Sealed, key: DataKey | None) -> tuple[Body, bytes, bytes | None]:
        """Return what a line says, and damage where that cannot be read: that somebody was there is kept all the same."""
        try:
            if key is None:
                raise DamagedError("the segment's data key is unknown")  # noqa: TRY301 - one handler for every reason
            return read_content(sealed, key)
        except DamagedError as error:
            self._damage("content", error.message)
            body = Unreadable(was=sealed.line.kind[:_KIND_SHOWN], reason=error.message)
            return body, encode_body(body), None

    def _damage(self, reason: str, detail: str, count: int = 1) -> None:
        """Report damage at the present line."""
        self._batch.damage.append(Damage(self._first, self._at, reason, detail[:500], count))


_HEADER = msgspec.json.Decoder(Header)
