# SPDX-License-Identifier: MIT
"""Spools for tests: a writer, its reader and the keys that they share."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.config.model import Disk, Spool
from decnet.domain.evidence import Endpoint, Origin, Record, new_id
from decnet.paths import Layout
from decnet.spool.discovery import spools
from decnet.spool.reader import Batch, Position, SpoolReader
from decnet.spool.writer import SpoolWriter
from decnet.store import keys


def origin(**overrides: Any) -> Origin:
    """Return where a record comes from; ``overrides`` replace fields."""
    fields: dict[str, Any] = {
        "decoy": "files01",
        "lure": "ssh",
        "session": new_id(),
        "peer": Endpoint(address="192.0.2.7", port=40000),
        "local": Endpoint(address="127.0.0.5", port=22),
    }
    return Origin(**{**fields, **overrides})


@dataclass
class Spooled:
    """One spool below ``root``."""

    root: Path
    host: str = "localhost"
    writer: str = "decoys"
    private_key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)

    @property
    def folder(self) -> Path:
        """The writer's own folder."""
        return self.root / self.host / self.writer

    def open(self, disk: Disk | None = None, **settings: Any) -> SpoolWriter:
        """Return a writer that was started; ``settings`` are keys of the configuration's section."""
        chosen = Spool(**{"reserve_bytes": 0, **settings})
        disk = disk or Disk(blob_floor_bytes=0)
        public_key = self.private_key.public_key()
        opened = SpoolWriter(self.folder, host=self.host, writer=self.writer, public_key=public_key, settings=chosen, disk=disk)
        opened.start()
        return opened

    def read(self, position: Position | None = None, limit: int = 1_000_000) -> Batch:
        """Return what a reader finds behind ``position``."""
        reader = SpoolReader(self.folder, host=self.host, writer=self.writer, private_key=self.private_key)
        return reader.read(position or Position(), limit)

    def segments(self) -> list[Path]:
        """Return the segments, oldest first."""
        return sorted(self.folder.glob("*.jsonl"))


def records_in(paths: Layout) -> list[Record]:
    """Return every record of every spool, opened."""
    private_key = keys.load(paths.secrets).sealing
    found = [Spooled(paths.spool, host, writer, private_key).read().records for host, writer in spools(paths.spool)]
    return [one.record for records in found for one in records]


def put(path: Path, kind: str) -> None:
    """Put something at ``path`` that is no file of ours: a ``link``, a ``fifo``, a ``folder`` or a ``file``."""
    if kind == "link":
        path.symlink_to("/etc")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.touch()


def deep(folder: Path, depth: int, name: str = "d" * 200) -> None:
    """Make folders in each other until no path leads to the last one any more."""
    below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=below)
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=below)
        os.close(below)
        below = inner
    os.close(below)
