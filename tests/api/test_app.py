# SPDX-License-Identifier: MIT
"""Every route, who may use it, and the document that describes them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute

from decnet.api.app import PREFIX, ROUTERS, document_of, make_app
from decnet.domain.access import Access
from decnet.domain.evidence import Credential, Opened
from tests.support.apis import Served, problem_of, serving

ANYBODY = "anybody"
LOGGED_IN = "logged in"
SHA = "0" * 64

# method and path, who may use it, a body that is valid, what is answered to who may
TABLE: list[tuple[str, str, str | Access, Any, int]] = [
    ("GET", "/health", ANYBODY, None, 200),
    ("POST", "/login", ANYBODY, {"username": "nobody", "password": "wrong password"}, 401),
    ("POST", "/logout", LOGGED_IN, None, 204),
    ("GET", "/me", LOGGED_IN, None, 200),
    ("POST", "/me/password", LOGGED_IN, {"current": "x", "new": "a long new password"}, 403),
    ("GET", "/evidence", Access.VIEWER, None, 200),
    ("GET", "/evidence/{id}", Access.VIEWER, None, 200),
    ("POST", "/evidence/{id}/secret", Access.OPERATOR, None, 200),
    ("GET", "/sessions", Access.VIEWER, None, 200),
    ("GET", "/sessions/{id}", Access.VIEWER, None, 200),
    ("GET", "/sessions/{id}/recording", Access.VIEWER, None, 404),
    ("GET", "/blobs/{sha256}", Access.OPERATOR, None, 404),
    ("GET", "/attackers", Access.VIEWER, None, 200),
    ("GET", "/attackers/{address}", Access.VIEWER, None, 200),
    ("GET", "/touches", Access.VIEWER, None, 200),
    ("GET", "/archetypes", Access.VIEWER, None, 200),
    ("GET", "/decoys", Access.VIEWER, None, 200),
    ("POST", "/decoys/plan", Access.OPERATOR, {"archetype": "linux-server", "count": 1}, 200),
    ("POST", "/decoys/apply", Access.OPERATOR, {"archetype": "linux-server", "count": 1}, 202),
    ("POST", "/decoys/teardown", Access.OPERATOR, {"all": True}, 202),
    ("GET", "/services", Access.VIEWER, None, 200),
    ("GET", "/users", Access.ADMIN, None, 200),
    ("POST", "/users", Access.ADMIN, {"name": "carol", "role": "viewer"}, 201),
    ("PATCH", "/users/{name}", Access.ADMIN, {"role": "operator"}, 409),
    ("POST", "/users/{name}/password", Access.ADMIN, None, 200),
    ("DELETE", "/users/{name}", Access.ADMIN, None, 409),
    ("GET", "/tokens", Access.ADMIN, None, 200),
    ("POST", "/tokens", Access.ADMIN, {"name": "robot", "role": "viewer", "days": 1}, 201),
    ("DELETE", "/tokens/{id}", Access.ADMIN, None, 404),
    ("GET", "/audit", Access.ADMIN, None, 200),
    ("GET", "/events", Access.VIEWER, None, 200),
    ("GET", "/openapi.json", Access.VIEWER, None, 200),
]
IDS = [f"{method} {path}" for method, path, *_ in TABLE]


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as found:
        found.store.write(Opened(), session="here")
        found.store.write(Credential(mechanism="password", username="root", accepted=False), session="here", secret=b"toor")
        found.store.bring()
        yield found


async def ask(served: Served, role: Access | None, method: str, path: str, body: Any) -> tuple[int, str]:
    """Return status and, where it is a problem, its kind."""
    viewer = await served.viewer()
    records = (await viewer.get("/evidence", params={"kind": "credential"})).json()["items"]
    values = {"sha256": SHA, "address": "192.0.2.7", "name": "admin"}
    values["id"] = "999999" if path.startswith("/tokens") else "here" if path.startswith("/sessions") else records[0]["id"]
    client = await served.client(role)
    async with client.stream(method, path.format(**values), json=body) as response:
        if response.is_success:
            return response.status_code, ""
        await response.aread()
        return response.status_code, problem_of(response, response.status_code)


def test_table_has_every_route() -> None:
    routes = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes | {("GET", "/openapi.json")} == {(method, path) for method, path, *_ in TABLE}
    assert len(document_of(make_app())["paths"]) == len({path for _, path, *_ in TABLE})


@pytest.mark.parametrize(("method", "path", "role", "body", "status"), TABLE, ids=IDS)
async def test_route_is_open_to_its_role_and_to_nobody_below(
    served: Served, *, method: str, path: str, role: str | Access, body: Any, status: int
) -> None:
    if role != ANYBODY:
        assert await ask(served, None, method, path, body) == (401, "not-authenticated")
    if isinstance(role, Access):
        for lower in Access:
            if not lower.includes(role):
                assert await ask(served, lower, method, path, body) == (403, "forbidden")
    allowed = role if isinstance(role, Access) else None if role == ANYBODY else Access.VIEWER
    assert (await ask(served, allowed, method, path, body))[0] == status


@pytest.mark.parametrize(("method", "path", "role", "body", "status"), TABLE, ids=IDS)
async def test_nothing_is_open_before_the_first_password_was_changed(
    served: Served, *, method: str, path: str, role: str | Access, body: Any, status: int
) -> None:
    client = await served.client()
    await client.post("/login", json={"username": "admin", "password": served.first_password()})
    filled = re.sub(r"\{[a-z0-9]+\}", "1" if path.startswith("/tokens") else SHA, path)
    response = await client.request(method, filled, json=body)
    if isinstance(role, Access):
        assert problem_of(response, 403) == "password-change-required"
    else:
        assert response.status_code in {status, 200, 401}


def test_document_says_what_each_route_needs_and_how_it_fails() -> None:
    document = document_of(make_app())
    assert document["openapi"].startswith("3.")
    for method, path, role, _, _ in TABLE:
        operation = document["paths"][PREFIX + path][method.lower()]
        assert ("security" in operation) == (role != ANYBODY), path
        if role != ANYBODY:
            assert "401" in operation["responses"]
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert "application/problem+json" in response["content"], (path, status)


async def test_what_is_no_route_and_what_is_no_method_are_problems(served: Served) -> None:
    client = await served.viewer()
    assert problem_of(await client.get("/nothing"), 404) == "not-found"
    refused = await client.put("/evidence", json={})
    assert problem_of(refused, 405) == "method-not-allowed"
    assert "GET" in refused.headers["allow"]
