# SPDX-License-Identifier: MIT
"""A store for tests, with the spools that feed it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decnet.config.model import Config
from decnet.domain.evidence import Body, Origin
from decnet.store.ingest import Ingest, Outcome, open_ingest
from decnet.store.keys import Box, Keys, create, load
from decnet.store.migrate import migrate
from tests.support.spools import Spooled, origin
from tests.support.workers import config

Written = tuple[Origin, Body, bytes | None]


@dataclass
class Stored:
    """A migrated store, its keys, and its ingest."""

    config: Config
    ingest: Ingest

    @property
    def keys(self) -> Keys:
        """Its keys."""
        return load(self.config.paths.secrets)

    @property
    def box(self) -> Box:
        """What opens its records and secrets."""
        return Box(self.keys)

    def spooled(self, host: str = "localhost", writer: str = "decoys") -> Spooled:
        """Return one of its spools."""
        return Spooled(self.config.paths.spool, host, writer, self.keys.sealing)

    def write(self, *bodies: Body, secret: bytes | None = None, **fields: Any) -> Origin:
        """Spool records of one origin and return it; ``fields`` replace parts of the origin."""
        writer = self.spooled().open()
        place = origin(**fields)
        for body in bodies:
            writer.record(place, body, secret)
        writer.close()
        return place

    def bring(self) -> list[Outcome]:
        """Ingest until nothing waits."""
        outcomes = [self.ingest.step()]
        while outcomes[-1].more:
            outcomes.append(self.ingest.step())
        return outcomes


def migrated(folder: Path, **sections: Any) -> Config:
    """Return a configuration whose keys and store are there."""
    made = config(folder, **sections)
    create(made.paths.secrets)
    migrate(made.paths.store)
    return made


@contextmanager
def stored(folder: Path, **sections: Any) -> Iterator[Stored]:
    """Open a new store below ``folder``; ``sections`` of the configuration may be replaced."""
    made = migrated(folder, **sections)
    ingest = open_ingest(made)
    try:
        yield Stored(made, ingest)
    finally:
        ingest.close()
