# SPDX-License-Identifier: MIT
"""What follows from the records of a batch: rows, sums, events."""

import sqlite3

from decnet.domain.evidence import Record, Recording
from decnet.events import AttackerObserved, Event, EvidenceStored
from decnet.spool.reader import Found
from decnet.store import attackers, events, evidence, sessions
from decnet.store.attackers import Observation
from decnet.store.database import moment
from decnet.store.keys import Box
from decnet.store.sessions import Progress
from decnet.store.touches import Tally


class Changes:
    """What the records of a batch change, collected, then written at once."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._rows: list[dict[str, object]] = []
        self._observations: dict[str, Observation] = {}
        self._progress = Progress()
        self._tally = Tally()
        self._events: list[Event] = []

    def add(self, found: Found, *, spool: int, at: int, secret_id: int | None) -> None:
        """Add one record."""
        record = found.record
        row = evidence.row_of(record, spool=spool, at=at, secret_id=secret_id)
        self._rows.append(evidence.sealed(self._box, row, found.body))
        recording = record.body.sha256 if isinstance(record.body, Recording) else ""
        self._progress.add(record, spool=spool, at=at, recording=self._box.blob_name(recording) if recording else None)
        self._tally.add(record.kind, record.origin.lure, at)
        self._events.append(_stored(record))
        address = record.origin.peer.address
        if not address:
            return
        observation = self._observations.get(address)
        if observation is None:
            observation = self._observations[address] = Observation(address, at, at)
        observation.add(record.kind, record.origin.decoy, at)

    def write(self, connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
        """Write everything and return the messages that say so."""
        evidence.insert(connection, self._rows)
        sessions.update(connection, self._progress)
        self._tally.write(connection)
        for new in attackers.observe(connection, self._observations.values()):
            decoy = next(iter(new.decoys))
            self._events.append(AttackerObserved(address=new.address, at=moment(new.first_at), decoy=decoy))
        return events.append(connection, self._events)


def _stored(record: Record) -> EvidenceStored:
    """Return the event that announces a record."""
    origin = record.origin
    return EvidenceStored(
        evidence_id=record.id,
        at=record.at,
        host=record.host,
        decoy=origin.decoy,
        lure=origin.lure,
        kind=record.kind,
        session=origin.session,
        address=origin.peer.address,
        port=origin.peer.port,
    )
