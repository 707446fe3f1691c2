# SPDX-License-Identifier: MIT
"""Conversations of attackers with lures, and what their terminals showed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from io import BufferedReader
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from decnet.api.answer import NO_STORE, Json
from decnet.api.deps import DeskOf, Paging, Viewer, encode_place, paging
from decnet.api.errors import documented
from decnet.api.routes.evidence import Name, shortest
from decnet.api.schemas import Page, Session, session_of
from decnet.domain.terminal import TerminalFilter
from decnet.errors import NotFoundError
from decnet.store import blobs, listing, recordings, sessions
from decnet.store.recordings import Head
from decnet.store.sessions import SessionSummary

router = APIRouter(prefix="/sessions", tags=["sessions"])
CAST = "application/x-asciicast"
_CHUNK = 1 << 16


class Cast(StreamingResponse):
    """A recording as it is sent."""

    media_type = CAST


@router.get("", response_model=Page[Session], responses=documented(400, 401, 403, 422, 503))
async def list_sessions(
    _: Viewer,
    desk: DeskOf,
    *,
    page: Annotated[Paging, Depends(paging((int, str, int)))],
    decoy: Name = None,
    lure: Name = None,
    address: Name = None,
    recorded: Annotated[bool, Query(description="only those with a recording")] = False,
) -> Json:
    """List sessions, those that began last first."""
    at = None if address is None else shortest(address)
    found = await desk.pool.read(
        lambda connection: listing.conversations(
            connection, limit=page.limit, behind=page.behind, address=at, decoy=decoy, lure=lure, recorded=recorded
        )
    )
    return Json(Page(items=[session_of(one) for one in found.items], next=encode_place(found.next)))


@router.get("/{id}", response_model=Session, responses=documented(400, 401, 403, 404, 503))
async def show_session(id: str, _: Viewer, desk: DeskOf) -> Json:  # noqa: A002 - the name in the path
    """Show one session; its records are those of ``/evidence?session=``."""
    return Json(session_of(await _get(desk, id)))


@router.get(
    "/{id}/recording",
    response_class=Cast,
    responses={200: {"content": {CAST: {"schema": {"type": "string"}}}}, **documented(400, 401, 403, 404, 503)},
)
async def play_session(id: str, _: Viewer, desk: DeskOf) -> Cast:  # noqa: A002 - the name in the path
    """
    Send what the terminal showed: asciicast, version 2.

    What a terminal would obey is taken out; text, colours and movements of the cursor are left.
    """
    session = await _get(desk, id)
    if session.recording is None:
        raise NotFoundError("the session has no recording")
    name, loop = session.recording, asyncio.get_running_loop()
    content, head = await loop.run_in_executor(desk.files, _opened, desk, name)
    return Cast(_sent(desk, content, head), headers=NO_STORE)


async def _get(desk: DeskOf, id_: str) -> SessionSummary:
    """Return one session; raise ``NotFoundError`` where there is none."""
    found = await desk.pool.read(lambda connection: sessions.get(connection, id_))
    if found is None:
        raise NotFoundError("there is no such session")
    return found


def _opened(desk: DeskOf, name: str) -> tuple[BufferedReader, Head]:
    """Return a recording behind its head, and the head."""
    content = blobs.open_content(desk.config.paths.blobs, name, desk.keys)
    return content, recordings.head(content)


async def _sent(desk: DeskOf, content: BufferedReader, head: Head) -> AsyncIterator[bytes]:
    """Yield the recording in portions."""
    loop = asyncio.get_running_loop()
    portions = _portions(content)
    try:
        yield orjson.dumps(head) + b"\n"
        while portion := await loop.run_in_executor(desk.files, next, portions, b""):
            yield portion
    finally:
        content.close()


def _portions(content: BufferedReader) -> Iterator[bytes]:
    """Yield lines of outputs, harmless, so many at a time as make a portion."""
    harmless = TerminalFilter()
    portion = b""
    for at, output in recordings.outputs(content):
        portion += orjson.dumps((at, "o", harmless.feed(output))) + b"\n"
        if len(portion) >= _CHUNK:
            yield portion
            portion = b""
    yield portion
