# SPDX-License-Identifier: MIT
"""``decnet.web.views.live``: every event once, in order, with its number."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from decnet.web.client import AwayError
from decnet.web.views.live import Told, batches, written
from tests.support.dashboards import DEADLINE_SECONDS, Person
from tests.support.watched import Watched, redis

AFTER = re.compile(r'hx-sse:connect="/live\?after=(\d+)"')


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """Yield what comes over a connection."""
    for part in parts:
        yield part


async def test_events_are_found_wherever_a_stream_is_cut() -> None:
    stream = b": alive\n\nid: 1\nevent: A\ndata: {}\n\nid: 2\nevent: B\ndata: x: y\n\n"
    whole = [Told("", "", ""), Told("A", "1", "{}"), Told("B", "2", "x: y")]
    for cut in range(len(stream)):
        found = [one async for batch in batches(chunks(stream[:cut], stream[cut:])) for one in batch]
        assert found == whole, cut


async def test_an_event_without_an_end_is_given_up() -> None:
    with pytest.raises(AwayError):
        async for _ in batches(chunks(*(b"x" * 65536 for _ in range(40)))):
            pass


def test_an_event_is_written_as_browsers_read_it() -> None:
    assert written("away") == "event: away\n\n"
    assert written("", "<tr>\n</tr>", "7") == "id: 7\ndata: <tr>\ndata: </tr>\n\n"


async def until(lines: AsyncIterator[str], text: str) -> list[str]:
    """Return the lines up to the one that has a text."""
    found = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        async for line in lines:
            found.append(line)
            if text in line:
                return found
    raise AssertionError(found)


@pytest.mark.client
async def test_what_is_done_now_arrives_and_is_told_again_to_who_missed_it(admin: Person, site: Watched) -> None:
    await admin.see("/")
    after = AFTER.findall(admin.page)[0]
    place = await site.installation.place("redis")
    async with admin.client.stream("GET", f"/live?after={after}") as stream:
        lines = stream.aiter_lines()
        await until(lines, "event: live")
        await redis(place, "SET", "first-of-two", "<b>x</b>")
        first = await until(lines, "SET first-of-two")
        await redis(place, "SET", "second-of-two", "x")
        await until(lines, "SET second-of-two")
    assert not any("<b>x" in line for line in first)
    number = [line for line in first if line.startswith("id: ")][-1][4:]
    async with admin.client.stream("GET", f"/live?after={after}", headers={"last-event-id": number}) as stream:
        lines = stream.aiter_lines()
        again = await until(lines, "SET second-of-two")
        # the rows of one message begin with the newest, so what comes again stands behind it
        while again[-1]:
            again.append(await anext(lines))
    assert not any("first-of-two" in line for line in again)


@pytest.mark.client
async def test_a_stream_without_a_session_says_that_it_is_over(stranger: Person) -> None:
    answer = await stranger.see("/live?after=0")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "event: over\n\n"


@pytest.mark.client
@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "1\r\nX: y"])
async def test_a_number_that_is_none_is_no_harm(admin: Person, after: str) -> None:
    async with admin.client.stream("GET", httpx.URL("/live", params={"after": after})) as stream:
        await until(stream.aiter_lines(), "event: ")
