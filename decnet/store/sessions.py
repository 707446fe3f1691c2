# SPDX-License-Identifier: MIT
"""Sessions: one attacker's conversation with one lure, summed up while its records arrive."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from decnet.domain.evidence import Closed, Endpoint, Origin, Record
from decnet.store.database import load_queries, moment

_QUERIES = load_queries("sessions")
_COUNTED = {"command": "commands", "credential": "credentials", "file": "files"}


@dataclass(frozen=True, kw_only=True)
class SessionSummary:
    """A session; ``closed_at`` and ``reason`` are None while it lasts, ``recording`` names the blob with its terminal."""

    id: str
    host: str
    origin: Origin
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None
    reason: str | None
    records: int
    commands: int
    credentials: int
    files: int
    recording: str | None


class Progress:
    """What one batch says of the sessions in it; a session belongs to its spool, so that no host writes another one's."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, str], dict[str, Any]] = {}

    def add(self, record: Record, *, spool: int, at: int, recording: str | None) -> None:
        """Count one more record, which may name a recording; records that belong to no session are left out."""
        origin = record.origin
        if not origin.session:
            return
        row = self._rows.get((spool, origin.session))
        if row is None:
            row = self._rows[spool, origin.session] = _new_row(origin, spool, at)
        row["first_at"] = min(row["first_at"], at)
        row["last_at"] = max(row["last_at"], at)
        row["records"] += 1
        counted = _COUNTED.get(record.kind)
        if counted:
            row[counted] += 1
        elif isinstance(record.body, Closed):
            row |= {"closed_at": at, "reason": record.body.reason}
        row["recording"] = recording or row["recording"]

    def rows(self) -> Iterable[dict[str, Any]]:
        """Return the rows to update."""
        return self._rows.values()


def update(connection: sqlite3.Connection, progress: Progress) -> None:
    """Add a batch's progress."""
    _QUERIES.update(connection, progress.rows())


def newest(
    connection: sqlite3.Connection,
    *,
    limit: int,
    address: str | None = None,
    decoy: str | None = None,
    lure: str | None = None,
    recorded: bool = False,
) -> list[SessionSummary]:
    """Return the sessions that began last, the latest last; with ``recorded`` only those with a recording."""
    wanted = {"address": address, "decoy": decoy, "recorded": int(recorded), "lure": lure}
    index = next((name for name, value in wanted.items() if value), "all")
    rows = getattr(_QUERIES, f"newest_by_{index}")(connection, limit=limit, **wanted)
    return [summary_of(row) for row in rows][::-1]


def get(connection: sqlite3.Connection, session_id: str) -> SessionSummary | None:
    """Return one session; None where there is none."""
    rows = [summary_of(row) for row in _QUERIES.get(connection, id=session_id)]
    return rows[0] if rows else None


def _new_row(origin: Origin, spool: int, at: int) -> dict[str, Any]:
    """Return the row of a session before its first record is counted."""
    return {
        "spool": spool,
        "id": origin.session,
        "decoy": origin.decoy,
        "lure": origin.lure,
        "peer_address": origin.peer.address,
        "peer_port": origin.peer.port,
        "local_address": origin.local.address,
        "local_port": origin.local.port,
        "first_at": at,
        "last_at": at,
        "closed_at": None,
        "reason": None,
        "records": 0,
        "commands": 0,
        "credentials": 0,
        "files": 0,
        "recording": None,
    }


def summary_of(row: tuple[Any, ...]) -> SessionSummary:
    """Return a row as a session."""
    _, id_, decoy, lure, peer_address, peer_port, local_address, local_port, first_at, last_at, closed_at, reason = row[:12]
    records, commands, credentials, files, recording, host = row[12:]
    origin = Origin(
        decoy=decoy,
        lure=lure,
        session=id_,
        peer=Endpoint(address=peer_address, port=peer_port),
        local=Endpoint(address=local_address, port=local_port),
    )
    return SessionSummary(
        id=id_,
        host=host,
        origin=origin,
        first_at=moment(first_at),
        last_at=moment(last_at),
        closed_at=None if closed_at is None else moment(closed_at),
        reason=reason,
        records=records,
        commands=commands,
        credentials=credentials,
        files=files,
        recording=recording,
    )
