# SPDX-License-Identifier: MIT
"""Evidence: the list, one record, a secret on demand, a captured file."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from decnet.web.client import Stream
from decnet.web.tables import EVIDENCE, rows
from decnet.web.visit import Visit

_PASSED_ON = ("content-type", "content-length", "content-disposition")


async def listing(visit: Visit) -> Response:
    """Show what attackers did, the newest first."""
    return await rows(visit, EVIDENCE)


async def show(visit: Visit) -> Response:
    """Show one record."""
    return await _detail(visit, None)


async def reveal(visit: Visit) -> Response:
    """Show the secret of a record; api writes down who asked."""
    answer = await visit.post(f"/evidence/{quote(visit.request.path_params['id'], safe='')}/secret")
    return await _detail(visit, answer.data["secret"])


async def _detail(visit: Visit, secret: str | None) -> Response:
    """Show a record, with its secret where it was asked for."""
    path = f"/evidence/{quote(visit.request.path_params['id'], safe='')}"
    return await visit.page("evidence.html", one=visit.get(path), secret=secret)


async def blob(visit: Visit) -> Response:
    """Hand on a captured file, piece by piece, to be saved and never to be shown."""
    path = f"/blobs/{quote(visit.request.path_params['sha256'], safe='')}"
    response = await passed_on(visit, path)
    response.headers["content-security-policy"] = "sandbox; default-src 'none'"
    return response


async def passed_on(visit: Visit, path: str) -> Response:
    """Hand on what api streams; the stream is closed when the browser has it, or goes away."""
    stack = AsyncExitStack()
    stream = await stack.enter_async_context(visit.site.api.stream(path, headers=visit.headers))
    headers = {name: stream.headers[name] for name in _PASSED_ON if name in stream.headers}
    return StreamingResponse(_closing(stack, stream), headers=headers)


async def _closing(stack: AsyncExitStack, stream: Stream) -> AsyncIterator[bytes]:
    """Yield what comes, and close the stream behind it."""
    async with stack:
        async for chunk in stream.chunks():
            yield chunk
