# SPDX-License-Identifier: MIT
"""
The live feed: api's events as rows of a page, none missing and none twice, whoever dies meanwhile.

Where api is away the browser's stream stays open, says so, and goes on after the last event that it had. Where we die ourselves
the browser asks again with the number of the last event (``Last-Event-ID``), which is api's number.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.responses import Response, StreamingResponse

from decnet.web.client import AwayError, ProblemError
from decnet.web.visit import Visit

ROWS: Final = 100
"""What a page shows at most; a flood is cut to it, and how much was left out is said."""
RETRY_SECONDS: Final = 1.0
_LONGEST_EVENT: Final = 1024 * 1024
_OVER: Final = (401, 403)
_BUSY: Final = 429


@dataclass(frozen=True)
class Told:
    """One event of api; a mere comment has neither name nor data."""

    name: str
    id: str
    data: str


async def follow(visit: Visit) -> Response:
    """Answer with a stream that ends only with the session, or with us."""
    after = visit.request.headers.get("last-event-id") or visit.request.query_params.get("after", "")
    return StreamingResponse(_feed(visit, after), media_type="text/event-stream")


async def _feed(visit: Visit, after: str) -> AsyncIterator[str]:
    """Yield the feed; ask api again and again where it is away."""
    place = _Place(after)
    while True:
        try:
            async for message in _until_the_end(visit, place):
                yield message
        except AwayError:
            yield written("away")
        except ProblemError as problem:
            if problem.status in _OVER:
                yield written("over")
                return
            yield written("busy" if problem.status == _BUSY else "away")
        await asyncio.sleep(RETRY_SECONDS)


class _Place:
    """How far a feed has come."""

    def __init__(self, last: str) -> None:
        self.last = last


async def _until_the_end(visit: Visit, place: _Place) -> AsyncIterator[str]:
    """Yield what one stream of api tells."""
    asked = {"after": place.last if place.last.isdecimal() else None, "detail": "evidence"}
    async with visit.site.api.stream("/events", headers=visit.headers, **asked) as stream:
        yield written("live")
        async for told in batches(stream.chunks()):
            place.last = next((one.id for one in reversed(told) if one.id), place.last)
            yield _message(visit, told, place.last)


def _message(visit: Visit, told: list[Told], last: str) -> str:
    """Return what a page is told about events that came together: what happened besides, then the rows, with their number."""
    names = {"gap": "gap", "FleetApplied": "fleet"}
    named = "".join(dict.fromkeys(written(names[one.name]) for one in told if one.name in names))
    stored = [orjson.loads(one.data).get("evidence") for one in told if one.name == "EvidenceStored"]
    shown = [evidence for evidence in stored if evidence]
    if not shown:
        return f"{named}id: {last}\n\n" if last and any(one.id for one in told) else f"{named}: alive\n\n"
    template = visit.site.templates.get_template("_feed.html")
    rows = template.render(rows=shown[: -ROWS - 1 : -1], left_out=max(len(shown) - ROWS, 0))
    return named + written("", rows, last)


def written(name: str, data: str = "", number: str = "") -> str:
    """Return an event as the stream writes it (HTML, section 9.2)."""
    fields: list[tuple[str, Any]] = [("id", number), ("event", name), *(("data", line) for line in data.splitlines())]
    return "".join(f"{field}: {value}\n" for field, value in fields if value) + "\n"


async def batches(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[Told]]:
    """Yield the events of a stream, those together that came together; raise ``AwayError`` for one without an end."""
    waiting = b""
    async for chunk in chunks:
        *whole, waiting = (waiting + chunk).split(b"\n\n")
        if len(waiting) > _LONGEST_EVENT:
            raise AwayError
        if whole:
            yield [_told(event.decode("utf-8", "replace")) for event in whole]


def _told(event: str) -> Told:
    """Return one event of a stream."""
    fields = dict(line.partition(": ")[::2] for line in event.split("\n") if not line.startswith(":"))
    return Told(fields.get("event", ""), fields.get("id", ""), fields.get("data", ""))
