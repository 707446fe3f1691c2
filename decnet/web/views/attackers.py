# SPDX-License-Identifier: MIT
"""Attackers: the list, and one address with what it did."""

from urllib.parse import quote

from starlette.responses import Response

from decnet.web.tables import ATTACKERS, rows
from decnet.web.visit import Visit


async def listing(visit: Visit) -> Response:
    """Show who touched a decoy, the latest first."""
    return await rows(visit, ATTACKERS)


async def show(visit: Visit) -> Response:
    """Show one address."""
    address = visit.request.path_params["address"]
    return await visit.page(
        "attacker.html",
        one=visit.get(f"/attackers/{quote(address, safe='')}"),
        sessions=visit.get("/sessions", address=address, limit=25),
        evidence=visit.get("/evidence", address=address, limit=25),
    )
