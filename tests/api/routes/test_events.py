# SPDX-License-Identifier: MIT
"""The live feed is a stream of events that nothing on the way keeps."""

from tests.support.apis import Served, problem_of, sent, take


async def test_stream_says_what_it_is(served: Served) -> None:
    client = await served.viewer()
    async with client.stream("GET", "/events") as response:
        assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
        assert response.headers["cache-control"] == "no-store"
        assert (await take(sent(response), 1))[0].event == "hello"


async def test_place_that_is_none_is_refused(served: Served) -> None:
    client = await served.viewer()
    for wrong in ("-1", "x", str(1 << 63)):
        assert problem_of(await client.get("/events", params={"after": wrong}), 422) == "not-valid"
        assert problem_of(await client.get("/events", headers={"last-event-id": wrong}), 422) == "not-valid"
