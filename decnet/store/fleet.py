# SPDX-License-Identifier: MIT
"""What the decoys shall be: one document, a new revision for each change."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from decnet.domain.evidence import now
from decnet.errors import InUseError
from decnet.store.database import load_queries, microseconds, moment

_QUERIES = load_queries("fleet")


@dataclass(frozen=True, kw_only=True)
class FleetRevision:
    """One revision of the document (JSON text); revision 0 is the empty fleet that was never written."""

    revision: int
    document: str
    at: datetime | None
    author: str


NOTHING = FleetRevision(revision=0, document="", at=None, author="")


def current(connection: sqlite3.Connection) -> FleetRevision:
    """Return the newest revision; ``NOTHING`` where there is none."""
    row = _QUERIES.current(connection)
    if row is None:
        return NOTHING
    revision, document, at, author = row
    return FleetRevision(revision=revision, document=document, at=moment(at), author=author)


def replace(connection: sqlite3.Connection, document: str, *, based_on: int, author: str) -> FleetRevision:
    """
    Write the revision that follows ``based_on`` within the caller's transaction and return it.

    Raises ``InUseError`` where somebody else wrote one in the meantime (optimistic locking). A hundred revisions are kept.
    """
    newest = current(connection)
    if newest.revision != based_on:
        raise InUseError(
            f"{newest.author} changed the fleet in the meantime (revision {newest.revision}, not {based_on})",
            remedy="look at it, then try again: decnet status",
        )
    at = now()
    written = FleetRevision(revision=based_on + 1, document=document, at=at, author=author)
    _QUERIES.insert(connection, revision=written.revision, document=document, at=microseconds(at), author=author)
    _QUERIES.prune(connection, revision=written.revision)
    return written
