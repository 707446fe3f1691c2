# SPDX-License-Identifier: MIT
"""Who changed what, and looked at which secret."""

from typing import Annotated

from fastapi import APIRouter, Depends

from decnet.api.answer import Json
from decnet.api.deps import Admin, DeskOf, Paging, encode_place, paging
from decnet.api.errors import documented
from decnet.api.schemas import Page
from decnet.store import audit
from decnet.store.audit import Entry

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("", response_model=Page[Entry], responses=documented(400, 401, 403, 422, 503))
async def list_entries(_: Admin, desk: DeskOf, page: Annotated[Paging, Depends(paging((int,)))]) -> Json:
    """List the entries of the audit log, the newest first."""
    before = int(page.behind[0]) if page.behind else 1 << 62
    found = await desk.pool.read(lambda connection: audit.page(connection, before=before, limit=page.limit))
    following = encode_place((found[-1].number,)) if len(found) == page.limit else None
    return Json(Page(items=found, next=following))
