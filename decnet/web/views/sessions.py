# SPDX-License-Identifier: MIT
"""Sessions: the list, one of them with all that happened in it, the recording of its terminal."""

from urllib.parse import quote

from starlette.responses import Response

from decnet.web.tables import SESSIONS, rows
from decnet.web.views.evidence import passed_on
from decnet.web.visit import Visit


async def listing(visit: Visit) -> Response:
    """Show the conversations, the newest first."""
    return await rows(visit, SESSIONS)


async def show(visit: Visit) -> Response:
    """Show one conversation from its beginning."""
    session = visit.request.path_params["id"]
    return await visit.page(
        "session.html",
        one=visit.get(f"/sessions/{quote(session, safe='')}"),
        evidence=visit.page_of("/evidence", session=session, cursor=visit.request.query_params.get("cursor")),
    )


async def recording(visit: Visit) -> Response:
    """Hand on a recording; api made it harmless."""
    return await passed_on(visit, f"/sessions/{quote(visit.request.path_params['id'], safe='')}/recording")
