# SPDX-License-Identifier: MIT
"""Evidence is listed, shown, and its secrets are shown to operators who are remembered."""

from datetime import timedelta
from typing import Any

import pytest

from decnet.domain.captured import text
from decnet.domain.evidence import Command, Credential, Endpoint, Opened, now
from tests.support.apis import Served, fields, problem_of

HOSTILE = text(b"\x1b[2J\xff\xe2\x80\xae<script>\r\n")


async def test_list_has_every_record_once_page_by_page(served: Served) -> None:
    served.store.write(*(Command(command=str(number)) for number in range(25)))
    served.store.bring()
    client = await served.viewer()
    found: list[dict[str, Any]] = []
    cursor = None
    while cursor or not found:
        page = (await client.get("/evidence", params={"limit": 10} | ({"cursor": cursor} if cursor else {}))).json()
        found += page["items"]
        cursor = page["next"]
        served.store.write(Opened())
        served.store.bring()
    assert fields(found, "summary") == [str(number) for number in range(24, -1, -1)]


async def test_place_in_the_log_belongs_to_the_list(served: Served) -> None:
    served.store.write(Opened())
    served.store.bring()
    page = (await (await served.viewer()).get("/evidence")).json()
    assert (len(page["items"]), page["sequence"]) == (1, 2)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"decoy": "web01"}, 1),
        ({"lure": "http"}, 1),
        ({"kind": "opened"}, 2),
        ({"address": "2001:DB8:0::7"}, 1),
        ({"session": "s1"}, 1),
        ({"q": "WHOAMI"}, 1),
        ({"since": (now() - timedelta(days=1)).isoformat()}, 3),
        ({"until": "2020-01-01T00:00:00"}, 0),
        ({"kind": "opened", "lure": "http", "since": "2020-01-01"}, 1),
        ({"decoy": "\x00'; --"}, 0),
    ],
    ids=str,
)
async def test_filter_narrows(served: Served, wanted: dict[str, str], count: int) -> None:
    served.store.write(Opened(), session="s1")
    served.store.write(Opened(), decoy="web01", lure="http", peer=Endpoint(address="2001:db8::7", port=1))
    served.store.write(Command(command="whoami"))
    served.store.bring()
    assert len((await (await served.viewer()).get("/evidence", params=wanted)).json()["items"]) == count


@pytest.mark.parametrize(
    "wrong", [{"limit": "0"}, {"limit": "201"}, {"cursor": "x"}, {"since": "yesterday"}, {"address": "here"}], ids=str
)
async def test_wrong_question_is_told_to_be(served: Served, wrong: dict[str, str]) -> None:
    assert problem_of(await (await served.viewer()).get("/evidence", params=wrong), 422) == "not-valid"


async def test_record_is_shown_as_it_was_captured_and_its_line_is_harmless(served: Served) -> None:
    served.store.write(Command(command=HOSTILE))
    served.store.bring()
    client = await served.viewer()
    item = (await client.get("/evidence")).json()["items"][0]
    assert item["summary"] == "\\x1b[2J\\xff\\u202e<script>\\r\\n"
    shown = (await client.get(f"/evidence/{item['id']}")).json()
    assert shown["body"]["command"] == HOSTILE
    assert shown["writer"] == "decoys"
    assert problem_of(await client.get("/evidence/nothing"), 404) == "not-found"


async def test_secret_is_shown_to_an_operator_and_that_is_remembered(served: Served) -> None:
    served.store.write(Opened())
    served.store.write(Credential(mechanism="password", username="root", accepted=False), secret=b"hunter2\xff")
    served.store.bring()
    viewer, operator = await served.viewer(), await served.operator()
    credential, opened = (await viewer.get("/evidence")).json()["items"]
    assert (credential["has_secret"], opened["has_secret"]) == (True, False)
    assert "hunter2" not in (await viewer.get(f"/evidence/{credential['id']}")).text
    shown = await operator.post(f"/evidence/{credential['id']}/secret")
    assert shown.json() == {"secret": text(b"hunter2\xff")}
    assert problem_of(await operator.post(f"/evidence/{opened['id']}/secret"), 404) == "not-found"
    entries = (await (await served.admin()).get("/audit")).json()["items"]
    assert [(entry["actor"], entry["subject"]) for entry in entries if entry["action"] == "secret shown"] == [
        ("token test-operator", credential["id"])
    ]
    assert "hunter2" not in str(entries)
