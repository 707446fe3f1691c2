# SPDX-License-Identifier: MIT
"""Every error is a problem (RFC 9457), and none tells what a request said."""

from contextlib import closing
from pathlib import Path

import pytest

from decnet.api.errors import refusal_of
from decnet.errors import (
    ConfigError,
    DamagedError,
    DecnetError,
    DiskFullError,
    HostError,
    InUseError,
    NotFoundError,
    NotRunningError,
    PlanError,
)
from decnet.store.database import connect, transaction
from tests.support.apis import problem_of, serving

STATUSES: dict[type[DecnetError], int] = {
    NotFoundError: 404,
    PlanError: 422,
    InUseError: 409,
    NotRunningError: 503,
    DiskFullError: 503,
    HostError: 503,
    DamagedError: 503,
    ConfigError: 503,
}


@pytest.mark.parametrize("kind", STATUSES)
def test_error_of_ours_keeps_its_sentence_and_its_remedy(kind: type[DecnetError]) -> None:
    problem = refusal_of(kind("what happened", remedy="what mends it")).problem
    assert (problem.status, problem.detail, problem.remedy) == (STATUSES[kind], "what happened", "what mends it")


async def test_mistake_is_named_with_its_place_and_without_what_was_said(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        client = await served.client()
        response = await client.post("/login", json={"username": "admin", "password": ["hunter2"], "more": "hunter2"})
        assert problem_of(response, 422) == "not-valid"
        assert "hunter2" not in response.text
        assert {mistake["where"] for mistake in response.json()["errors"]} == {"body.password", "body.more"}
        response = await (await served.viewer()).get("/evidence", params={"limit": "0"})
        assert response.json()["errors"][0]["where"] == "query.limit"


async def test_failure_of_ours_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(tmp_path) as served:
        client = await served.viewer()
        monkeypatch.setattr(served.worker._desk, "roster", None)
        response = await client.get("/services")
        assert problem_of(response, 500) == "internal"
        assert "roster" not in response.text


async def test_store_that_another_process_holds_is_no_conflict_with_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decnet.store.database.BUSY_SECONDS", 0.1)
    async with serving(tmp_path) as served:
        client, path = await served.client(), served.store.config.paths.store
        with closing(connect(path)) as other, transaction(other, path):
            refused = await client.post("/login", json={"username": "admin", "password": "wrong password"})
            assert problem_of(refused, 503) == "unavailable"
            assert "locked by another process" in refused.json()["detail"]


async def test_damaged_store_is_no_failure_of_the_api(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        client = await served.viewer()
        served.store.config.paths.agent.mkdir(parents=True)
        (served.store.config.paths.agent / "decoys.json").write_text("{")
        assert problem_of(await client.get("/decoys"), 503) == "damaged"
