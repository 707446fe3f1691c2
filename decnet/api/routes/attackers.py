# SPDX-License-Identifier: MIT
"""Who touched a decoy."""

import ipaddress
import sqlite3
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from decnet.api.answer import Json
from decnet.api.deps import DeskOf, Paging, Viewer, encode_place, paging
from decnet.api.errors import documented
from decnet.api.schemas import AttackerDetail, Page
from decnet.errors import NotFoundError
from decnet.store import attackers, listing
from decnet.store.attackers import Attacker

router = APIRouter(prefix="/attackers", tags=["attackers"])


@router.get("", response_model=Page[Attacker], responses=documented(400, 401, 403, 422, 503))
async def list_attackers(_: Viewer, desk: DeskOf, page: Annotated[Paging, Depends(paging((int, str)))]) -> Json:
    """List attackers, those who were here last first."""
    found = await desk.pool.read(lambda connection: listing.attackers(connection, limit=page.limit, behind=page.behind))
    return Json(Page(items=found.items, next=encode_place(found.next)))


@router.get("/{address}", response_model=AttackerDetail, responses=documented(400, 401, 403, 404, 503))
async def show_attacker(address: str, _: Viewer, desk: DeskOf) -> Json:
    """Show one attacker, with the decoys that the address reached."""

    def work(connection: sqlite3.Connection) -> AttackerDetail:
        try:
            found = attackers.get(connection, str(ipaddress.ip_address(address)))
        except ValueError:
            found = None
        if found is None:
            raise NotFoundError("this address never touched a decoy")
        return AttackerDetail(**asdict(found), names=attackers.decoys_of(connection, found.address))

    return Json(await desk.pool.read(work))
