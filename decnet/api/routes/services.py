# SPDX-License-Identifier: MIT
"""How the services of this host are."""

from fastapi import APIRouter

from decnet.api.answer import Json
from decnet.api.deps import DeskOf, Viewer
from decnet.api.errors import documented
from decnet.api.roster import ServiceHealth
from decnet.api.schemas import Items

router = APIRouter(prefix="/services", tags=["services"])


@router.get("", response_model=Items[ServiceHealth], responses=documented(400, 401, 403, 503))
async def list_services(_: Viewer, desk: DeskOf) -> Json:
    """List the services in the order in which they start."""
    return Json(Items(items=desk.roster.listed()))
