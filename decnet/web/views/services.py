# SPDX-License-Identifier: MIT
"""The services of this host and how they are."""

from starlette.responses import Response

from decnet.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Show the services; the page asks again by itself."""
    return await visit.page("services.html", services=visit.get("/services"))


async def state(visit: Visit) -> Response:
    """Return the part of a page that changes: the whole table, or the small one of the overview."""
    template = "_services_brief.html" if "brief" in visit.request.query_params else "_services.html"
    return visit.render(template, services=await visit.get("/services"))
