# SPDX-License-Identifier: MIT
"""Sessions are listed and shown, and their recordings played without what a terminal would obey."""

import json

from decnet.domain.evidence import Closed, Command, Opened, Recording
from tests.support.apis import Served, fields, problem_of
from tests.support.spools import origin

EVIL = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x1b[6n\r\n"


def record(served: Served, session: str, content: bytes) -> None:
    """Store a session with a recording."""
    writer = served.store.spooled().open()
    place = origin(session=session)
    captured = writer.capture()
    captured.write(content)
    blob = captured.finish()
    for body in (Opened(), Recording(sha256=blob.sha256, size=blob.size, seconds=1.0), Closed(reason="client", seconds=1.0)):
        writer.record(place, body)
    writer.close()
    served.store.bring()


async def test_sessions_are_listed_and_shown(served: Served) -> None:
    served.store.write(Opened(), Command(command="id"), session="plain", lure="redis")
    served.store.bring()
    record(served, "recorded", b'{"version":2,"width":80,"height":24}\n')
    client = await served.viewer()
    found = (await client.get("/sessions")).json()
    assert fields(found["items"], "id") == ["recorded", "plain"]
    assert fields((await client.get("/sessions", params={"recorded": "true"})).json()["items"], "id") == ["recorded"]
    assert fields((await client.get("/sessions", params={"lure": "redis"})).json()["items"], "id") == ["plain"]
    first = (await client.get("/sessions", params={"limit": 1})).json()
    rest = (await client.get("/sessions", params={"limit": 1, "cursor": first["next"]})).json()
    assert fields(first["items"] + rest["items"], "id") == ["recorded", "plain"]
    shown = (await client.get("/sessions/recorded")).json()
    assert (shown["reason"], shown["is_recorded"], shown["records"]) == ("client", True, 3)
    assert problem_of(await client.get("/sessions/nothing"), 404) == "not-found"


async def test_recording_is_played_harmlessly(served: Served) -> None:
    lines = [{"version": 2, "width": 99999, "height": 24, "title": "evil"}, *([0.1 * n, "o", EVIL] for n in range(3000))]
    record(served, "recorded", "".join(json.dumps(line) + "\n" for line in lines).encode())
    client = await served.viewer()
    response = await client.get("/sessions/recorded/recording")
    assert response.headers["content-type"] == "application/x-asciicast"
    told = [json.loads(line) for line in response.text.splitlines()]
    assert told[0] == {"version": 2, "width": 1000, "height": 24}
    assert len(told) == 3001
    assert told[1] == [0.0, "o", "\x1b[31mred\x1b[0m\r\n"]


async def test_session_without_a_recording_says_so(served: Served) -> None:
    served.store.write(Opened(), session="plain")
    served.store.bring()
    client = await served.viewer()
    assert problem_of(await client.get("/sessions/plain/recording"), 404) == "not-found"
    record(served, "broken", b"no asciicast\n")
    assert problem_of(await client.get("/sessions/broken/recording"), 503) == "damaged"
