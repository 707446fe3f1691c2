# SPDX-License-Identifier: MIT
"""How many connections there were, by the hour."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from decnet.api.answer import Json
from decnet.api.deps import DeskOf, Viewer
from decnet.api.errors import documented
from decnet.api.schemas import Touches, TouchHour
from decnet.domain.evidence import now
from decnet.store import touches
from decnet.store.database import microseconds

router = APIRouter(prefix="/touches", tags=["touches"])
LONGEST_HOURS = 31 * 24


@router.get("", response_model=Touches, responses=documented(400, 401, 403, 422, 503))
async def list_touches(
    _: Viewer,
    desk: DeskOf,
    hours: Annotated[int, Query(ge=1, le=LONGEST_HOURS, description="how many, up to now")] = 24,
) -> Json:
    """Count connections of attackers by the hour, and by the lure."""
    last = microseconds(now()) // touches.HOUR
    found = await desk.pool.read(lambda connection: touches.by_hour(connection, last=last, count=hours))
    shown = [TouchHour(at=hour.at, touches=hour.touches, lures=hour.lures) for hour in found]
    return Json(
        Touches(
            since=found[0].at,
            until=found[-1].at + timedelta(hours=1),
            total=sum(hour.touches for hour in found),
            hours=shown,
        )
    )
