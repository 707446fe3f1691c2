# SPDX-License-Identifier: MIT
"""The evidence that is stored: how records go in, what they say encrypted, and how they are found again."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson

from decnet.domain.evidence import BODIES, Body, Endpoint, Origin, Record, Unreadable
from decnet.errors import DamagedError
from decnet.spool.line import MALFORMED
from decnet.store.database import load_queries, microseconds, moment
from decnet.store.keys import Box

_QUERIES = load_queries("evidence")
_BODY = {kind: msgspec.json.Decoder(body) for kind, body in BODIES.items()}
_BY_SELECTIVITY = ("session", "address", "decoy", "kind", "lure")


@dataclass(frozen=True, slots=True)
class Stored:
    """
    A record of the store: ``number`` is its place (a cursor), ``secret_id`` names its secret.

    ``kind`` is what it was stored as; the record's own is another one where the body cannot be opened.
    """

    number: int
    record: Record
    secret_id: int | None
    kind: str


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which records are wanted; None does not narrow. ``since`` is included, ``until`` is not."""

    decoy: str | None = None
    lure: str | None = None
    kind: str | None = None
    address: str | None = None
    session: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def parameters(self) -> dict[str, Any]:
        """Return the filter as the queries take it."""
        fields = asdict(self)
        for name in ("since", "until"):
            fields[name] = None if fields[name] is None else microseconds(fields[name])
        return fields


EVERYTHING = Filter()


def insert(connection: sqlite3.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows that ``row_of`` made; raise ``sqlite3.IntegrityError`` where one is there already."""
    _QUERIES.insert(connection, rows)


def is_known(connection: sqlite3.Connection, row: Mapping[str, Any]) -> bool:
    """Whether the id or the place in the spool of a row is taken."""
    known = _QUERIES.is_known(connection, id=row["id"], spool=row["spool"], sequence=row["sequence"])
    return known is not None


def row_of(record: Record, *, spool: int, at: int, secret_id: int | None) -> dict[str, Any]:
    """Return a record as a row without its body; ``at`` is in microseconds."""
    origin = record.origin
    return {
        "id": bytes.fromhex(record.id.replace("-", "")),
        "spool": spool,
        "sequence": record.sequence,
        "at": at,
        "decoy": origin.decoy,
        "lure": origin.lure,
        "session": origin.session,
        "peer_address": origin.peer.address,
        "peer_port": origin.peer.port,
        "local_address": origin.local.address,
        "local_port": origin.local.port,
        "kind": record.kind,
        "secret_id": secret_id,
    }


def sealed(box: Box, row: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the row with the JSON of its body, encrypted and bound to everything else in it."""
    return row | {"body": box.encrypt(body, _place(row.values()))}


def newest(
    connection: sqlite3.Connection, box: Box, wanted: Filter = EVERYTHING, *, limit: int, after: int = 0
) -> list[Stored]:
    """Return the newest records that are wanted, behind number ``after``, the newest last."""
    parameters = wanted.parameters()
    index = next((name for name in _BY_SELECTIVITY if parameters[name] is not None), "all")
    query = getattr(_QUERIES, f"newest_by_{index}")
    return [stored_of(box, row) for row in query(connection, after=after, limit=limit, **parameters)][::-1]


def following(connection: sqlite3.Connection, box: Box, wanted: Filter = EVERYTHING, *, after: int, limit: int) -> list[Stored]:
    """Return the records that were stored behind number ``after``, the newest last."""
    rows: Iterator[Any] = _QUERIES.following(connection, after=after, limit=limit, **wanted.parameters())
    return [stored_of(box, row) for row in rows]


def get(connection: sqlite3.Connection, box: Box, record_id: str) -> Stored | None:
    """Return one record; None where there is none of this id."""
    try:
        row = _QUERIES.get(connection, id=UUID(record_id).bytes)
    except ValueError:
        return None
    return stored_of(box, row) if row else None


def last_number(connection: sqlite3.Connection) -> int:
    """Return the number of the newest record; 0 where there is none."""
    return int(_QUERIES.last_number(connection))


def _place(fields: Iterable[Any]) -> bytes:
    """Return what a body is bound to: every other column of its row, in the order of ``row_of``."""
    return orjson.dumps([value.hex() if isinstance(value, bytes) else value for value in fields])


def _body(box: Box, kind: str, place: bytes, ciphertext: bytes) -> Body:
    """Return a body; one that cannot be opened, or is of a kind that this version does not know, does not hide the others."""
    try:
        return _BODY[kind].decode(box.decrypt(ciphertext, place))
    except DamagedError as error:
        return Unreadable(was=kind, reason=error.message)
    except (KeyError, *MALFORMED):
        return Unreadable(was=kind, reason="this version knows no such record")


def stored_of(box: Box, row: tuple[Any, ...]) -> Stored:
    """Return a row of ``evidence_row`` as a record."""
    number, id_, _, sequence, at, decoy, lure, session = row[:8]
    peer_address, peer_port, local_address, local_port, kind, body, secret_id, host, writer = row[8:]
    origin = Origin(
        decoy=decoy,
        lure=lure,
        session=session,
        peer=Endpoint(address=peer_address, port=peer_port),
        local=Endpoint(address=local_address, port=local_port),
    )
    record = Record(
        id=str(UUID(bytes=id_)),
        host=host,
        writer=writer,
        sequence=sequence,
        at=moment(at),
        origin=origin,
        body=_body(box, kind, _place((*row[1:13], secret_id)), body),
    )
    return Stored(number, record, secret_id, kind)
