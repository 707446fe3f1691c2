# SPDX-License-Identifier: MIT
"""Whether everything that was stored is still what it has to be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from decnet.errors import DamagedError
from decnet.paths import Layout
from decnet.store import blobs, evidence, secrets, spools
from decnet.store.database import connect, explained
from decnet.store.keys import Box, Keys, load

_LIMIT = 100
_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something to tell: ``area`` is a part of the store; ``is_damage`` where data is not what it has to be."""

    area: str
    subject: str
    message: str
    is_damage: bool


def check(layout: Layout, keys: Keys | None = None) -> Iterator[Finding]:
    """
    Yield what is found; nothing where everything is right. ``keys`` are for who cannot read those of the layout any more.

    Raises what ``connect``, ``load`` and ``decnet.store.secrets.confirm`` raise.
    """
    with closing(connect(layout.store, read_only=True)) as connection, explained(layout.store):
        keys = keys or load(layout.secrets)
        secrets.confirm(connection, Box(keys))
        yield from _database(connection, layout.store)
        yield from _offsets(connection)
        yield from _records(connection, Box(keys))
        yield from _blobs(connection, layout.blobs, keys)
        yield from _damage(connection)


def _database(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    """Ask SQLite itself."""
    for (message,) in connection.execute(f"PRAGMA integrity_check({_LIMIT})"):
        if message != "ok":
            yield Finding(area="database", subject=str(path), message=message, is_damage=True)
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        message = f"row {row} names what is not in {parent}"
        yield Finding(area="database", subject=table, message=message, is_damage=True)


def _offsets(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Compare how far each spool was read with what is stored of it."""
    for row in spools.listed(connection):
        stored = spools.last_stored(connection, row)
        if stored > row.position.sequence:
            message = f"record {stored} is stored, but the spool was read up to {row.position.sequence} only"
            yield Finding(area="spool", subject=f"{row.host}/{row.writer}", message=message, is_damage=True)


def _records(connection: sqlite3.Connection, box: Box) -> Iterator[Finding]:
    """Open every record and every secret."""
    after = 0
    while found := evidence.following(connection, box, after=after, limit=_PAGE):
        after = found[-1].number
        for one in found:
            if one.kind != one.record.kind:
                yield Finding(area="record", subject=one.record.id, message=one.record.body.summary(), is_damage=True)
    for id_ in secrets.ids(connection):
        try:
            secrets.reveal(connection, box, id_)
        except DamagedError as error:
            yield Finding(area="secret", subject=str(id_), message=error.message, is_damage=True)


def _blobs(connection: sqlite3.Connection, folder: Path, keys: Keys) -> Iterator[Finding]:
    """Read every blob again."""
    for sha256, size in blobs.listed(connection):
        path = blobs.path_of(folder, sha256)
        try:
            if path.stat().st_size != size or not blobs.is_whole(path, keys):
                yield Finding(area="blob", subject=sha256, message="its file holds something else", is_damage=True)
        except DamagedError as error:
            yield Finding(area="blob", subject=sha256, message=error.message, is_damage=True)
        except OSError as error:
            message = f"its file cannot be read: {error.strerror}"
            yield Finding(area="blob", subject=sha256, message=message, is_damage=True)


def _damage(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Tell what the ingester found in the spools; a torn last line is what a killed process leaves."""
    for row in spools.damage(connection):
        name = f"{row.host}/{row.writer}/{row.segment:020}.jsonl" if row.segment else f"{row.host}/{row.writer}"
        message = f"{row.reason} x{row.count} from offset {row.first_position} on: {row.detail}"
        yield Finding(area="spool", subject=name, message=message, is_damage=row.reason != spools.TORN)
