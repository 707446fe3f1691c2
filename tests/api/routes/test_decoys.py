# SPDX-License-Identifier: MIT
"""Decoys are planned, asked for and taken away through the desired state, and the agent is woken."""

from contextlib import closing
from typing import Any

import httpx

from decnet.domain.desired import decode
from decnet.domain.evidence import now
from decnet.engine.report import AgentReport, DecoyReport, LureReport, write
from decnet.events import FleetChanged
from decnet.events import decode as event_of
from decnet.store import fleet
from decnet.store.database import connect
from tests.support.apis import Served, fields, problem_of
from tests.support.workers import next_message

THREE = {"archetype": "linux-server", "count": 3}


def wanted(served: Served) -> list[str]:
    """Return the decoys that shall be."""
    with closing(connect(served.store.config.paths.store, read_only=True)) as connection:
        return [entry.name for entry in decode(fleet.current(connection).document.encode()).decoys]


async def post(client: httpx.AsyncClient, verb: str, body: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/decoys/{verb}", json=body)


async def test_plan_changes_nothing_and_apply_wakes_the_agent(served: Served) -> None:
    client = await served.operator()
    told = aiter(await served.bus.subscribe("fleet.changed"))
    plan = (await post(client, "plan", THREE)).json()
    assert plan["revision"] == 0
    assert fields(plan["steps"], "action") == ["create"] * 6
    assert wanted(served) == []
    applied = await post(client, "apply", THREE | {"revision": 0})
    assert (applied.status_code, applied.json()["revision"]) == (202, 1)
    assert event_of((await next_message(told)).body) == FleetChanged(revision=1)
    assert wanted(served) == ["linux-server-1", "linux-server-2", "linux-server-3"]
    again = await post(client, "apply", THREE)
    assert again.json() == {"revision": 1, "steps": []}
    assert problem_of(await post(client, "apply", THREE | {"revision": 0}), 409) == "conflict"
    entries = (await (await served.admin()).get("/audit")).json()["items"]
    assert [entry["subject"] for entry in entries if entry["action"] == "fleet changed"] == ["revision 1"]


async def test_fleet_file_is_taken_and_its_mistakes_are_told(served: Served) -> None:
    client = await served.operator()
    text = "[fleet]\nname = office\n[decoy a]\narchetype = web-server\n"
    assert (await post(client, "apply", {"fleet": text})).status_code == 202
    assert wanted(served) == ["a"]
    wrong = await post(client, "apply", {"fleet": "[fleet]\nname = office\n[decoy a]\narchetype = web-sever\n"})
    assert problem_of(wrong, 422) == "not-valid"
    assert "did you mean 'web-server'" in wrong.json()["detail"]
    for unclear in ({}, THREE | {"fleet": text}, {"count": 3}, {"archetype": "", "count": 1}):
        assert problem_of(await post(client, "plan", unclear), 422) == "not-valid"


async def test_teardown_takes_decoys_by_name_or_all(served: Served) -> None:
    client = await served.operator()
    await post(client, "apply", THREE)
    dry = await post(client, "teardown", {"names": ["linux-server-1"], "dry_run": True})
    assert (dry.status_code, fields(dry.json()["steps"], "decoy")) == (200, ["linux-server-1"] * 2)
    assert len(wanted(served)) == 3
    assert (await post(client, "teardown", {"names": ["linux-server-1"]})).status_code == 202
    assert wanted(served) == ["linux-server-2", "linux-server-3"]
    assert problem_of(await post(client, "teardown", {"names": ["nothing"]}), 404) == "not-found"
    assert problem_of(await post(client, "teardown", {}), 422) == "not-valid"
    assert (await post(client, "teardown", {"all": True})).status_code == 202
    assert wanted(served) == []


async def test_decoys_are_as_the_agent_told_and_unknown_without_one(served: Served) -> None:
    folder = served.store.config.paths.agent
    folder.mkdir(parents=True)
    lure = LureReport(name="ssh", address="127.0.0.5", port=20022, state="up")
    decoy = DecoyReport(
        name="a", fleet="f", archetype="linux-server", hostname="h", addresses=("127.0.0.5",), state="up", lures=(lure,)
    )
    write(folder / "decoys.json", AgentReport(host="h", revision=4, at=now(), decoys_pid=0, decoys=(decoy,)), mode=0o640)
    told = (await (await served.viewer()).get("/decoys")).json()
    assert (told["applied_revision"], told["is_agent_running"], told["up"]) == (4, False, 0)
    assert (told["decoys"][0]["state"], told["decoys"][0]["lures"][0]["port"]) == ("unknown", 20022)


async def test_archetypes_are_listed(served: Served) -> None:
    told = (await (await served.viewer()).get("/archetypes")).json()["items"]
    assert "linux-server" in fields(told, "name")
    assert all(archetype["lures"] for archetype in told)
