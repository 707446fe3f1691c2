# SPDX-License-Identifier: MIT
"""The first page: what happens now, what happened by the hour, how the services are."""

import orjson
from starlette.responses import Response

from decnet.web.visit import Visit, whole

FEED = 25
SPANS = {24: "24 hours", 168: "7 days", 744: "31 days"}


async def show(visit: Visit) -> Response:
    """Show the overview; the live feed goes on exactly where this list ends."""
    return await visit.page(
        "overview.html",
        evidence=visit.get("/evidence", limit=FEED),
        touches=visit.get("/touches", hours=_span(visit)),
        services=visit.get("/services"),
        fleet=visit.get("/decoys"),
        attackers=visit.get("/attackers", limit=8),
        span=_span(visit),
        spans=SPANS,
    )


async def touches(visit: Visit) -> Response:
    """Return the touches by the hour, for the chart."""
    return Response(orjson.dumps(await visit.get("/touches", hours=_span(visit))), media_type="application/json")


def _span(visit: Visit) -> int:
    """Return how many hours somebody wants to see."""
    asked = whole(visit.request.query_params.get("hours", ""))
    return asked if asked in SPANS else next(iter(SPANS))
