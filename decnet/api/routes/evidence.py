# SPDX-License-Identifier: MIT
"""What attackers did."""

import ipaddress
import sqlite3
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from decnet.api.answer import Json
from decnet.api.deps import DeskOf, Operator, Paging, Viewer, encode_place, paging
from decnet.api.errors import Refusal, documented
from decnet.api.schemas import EvidenceDetail, EvidencePage, Secret, detail_of, evidence_of
from decnet.domain.captured import text
from decnet.errors import NotFoundError
from decnet.store import events, evidence, listing, secrets
from decnet.store.evidence import Filter, Stored
from decnet.store.listing import Page

router = APIRouter(prefix="/evidence", tags=["evidence"])

Name = Annotated[str | None, Query(max_length=256)]
Moment = Annotated[datetime | None, Query(description="RFC 3339; UTC where it names no zone")]


async def filter_of(
    *,
    since: Moment = None,
    until: Moment = None,
    decoy: Name = None,
    lure: Name = None,
    kind: Name = None,
    address: Name = None,
    session: Name = None,
) -> Filter:
    """Return which records are wanted."""
    return Filter(
        decoy=decoy,
        lure=lure,
        kind=kind,
        address=None if address is None else shortest(address),
        session=session,
        since=_aware(since),
        until=_aware(until),
    )


@router.get("", response_model=EvidencePage, responses=documented(400, 401, 403, 422, 503))
async def list_evidence(
    _: Viewer,
    desk: DeskOf,
    page: Annotated[Paging, Depends(paging((int,), (int, int)))],
    wanted: Annotated[Filter, Depends(filter_of)],
    q: Annotated[str, Query(max_length=256, description="a text that a line of the list holds, whatever its case")] = "",
) -> Json:
    """List records: those that were stored last first; where a time is asked for, those that happened last."""

    def work(connection: sqlite3.Connection) -> tuple[Page[Stored], int]:
        found = listing.records(connection, desk.box, wanted, text=q, behind=page.behind, limit=page.limit)
        return found, events.last_sequence(connection)

    found, sequence = await desk.pool.read(work)
    items = [evidence_of(stored) for stored in found.items]
    return Json(EvidencePage(items=items, next=encode_place(found.next), sequence=sequence))


@router.get("/{id}", response_model=EvidenceDetail, responses=documented(400, 401, 403, 404, 503))
async def show_evidence(id: str, _: Viewer, desk: DeskOf) -> Json:  # noqa: A002 - the name in the path
    """Show one record, whole; its secret is shown by a request of its own."""
    return Json(detail_of(await desk.pool.read(lambda connection: _get(connection, desk, id))))


@router.post("/{id}/secret", response_model=Secret, responses=documented(400, 401, 403, 404, 413, 415, 503))
async def reveal_secret(id: str, visitor: Operator, desk: DeskOf) -> Json:  # noqa: A002 - the name in the path
    """Show the secret of a record; the audit log remembers who looked."""

    def work(connection: sqlite3.Connection) -> bytes:
        stored = _get(connection, desk, id)
        if stored.secret_id is None or stored.kind != stored.record.kind:
            raise NotFoundError(f"record {stored.record.id} has no secret")
        visitor.note(connection, "secret shown", stored.record.id)
        return secrets.reveal(connection, desk.box, stored.secret_id)

    return Json(Secret(secret=text(await desk.pool.write(work))))


def shortest(address: str) -> str:
    """Return an IP address as the store has it; raise ``Refusal`` where it is none."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise Refusal("not-valid", 422, f"{address[:80]!r} is no IP address") from None


def _get(connection: sqlite3.Connection, desk: DeskOf, id_: str) -> Stored:
    """Return one record; raise ``NotFoundError`` where there is none."""
    stored = evidence.get(connection, desk.box, id_)
    if stored is None:
        raise NotFoundError("there is no such record")
    return stored


def _aware(moment: datetime | None) -> datetime | None:
    """Return a time with its zone."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
