# SPDX-License-Identifier: MIT
"""The live feed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from decnet.api.answer import NO_STORE
from decnet.api.deps import DeskOf, Viewer, find_visitor
from decnet.api.errors import Refusal, documented

router = APIRouter(prefix="/events", tags=["events"])
EVENTS = "text/event-stream"
_LARGEST = 1 << 62


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = EVENTS


@router.get(
    "",
    response_class=EventStream,
    responses={200: {"content": {EVENTS: {"schema": {"type": "string"}}}}, **documented(400, 401, 403, 422, 429, 503)},
)
async def stream_events(
    request: Request,
    _: Viewer,
    desk: DeskOf,
    after: Annotated[int | None, Query(ge=0, lt=_LARGEST, description="begin behind this event")] = None,
    last_event_id: Annotated[
        int | None, Header(ge=0, lt=_LARGEST, description="where a stream broke off; above `after`")
    ] = None,
    detail: Annotated[Literal["evidence"] | None, Query(description="send records with the events that announce them")] = None,
) -> EventStream:
    """
    Send what is in the log of events behind a place, then each event as it is stored.

    `hello` tells where the stream begins, `gap` that it could not begin where it was asked to.
    """
    if desk.feed.streams >= desk.config.api.streams:
        raise Refusal("too-many-requests", 429, "too many live feeds are open", headers={"retry-after": "10"})

    async def is_welcome() -> bool:
        return await find_visitor(request, desk) is not None

    frames = desk.feed.stream(
        after if last_event_id is None else last_event_id, with_evidence=detail == "evidence", is_welcome=is_welcome
    )
    return EventStream(frames, headers=NO_STORE | {"x-accel-buffering": "no"})
