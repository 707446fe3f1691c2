# SPDX-License-Identifier: MIT
"""A token is shown once, is worth what its role is, and nothing once it is revoked."""

from tests.support.apis import Served, problem_of


async def test_token_works_until_it_is_revoked(served: Served) -> None:
    admin = await served.admin()
    made = (await admin.post("/tokens", json={"name": "robot", "role": "viewer", "days": 7})).json()
    assert made["token"].startswith("decnet_")
    assert made["token"] not in (await admin.get("/tokens")).text
    assert made["token"].encode() not in served.store.config.paths.store.read_bytes()
    robot = await served.client(authorization=f"Bearer {made['token']}")
    assert (await robot.get("/evidence")).is_success
    assert problem_of(await robot.get("/tokens"), 403) == "forbidden"
    assert problem_of(await admin.post("/tokens", json={"name": "robot", "role": "viewer", "days": 7}), 409) == "conflict"
    assert (await admin.delete(f"/tokens/{made['id']}")).status_code == 204
    assert problem_of(await robot.get("/evidence"), 401) == "not-authenticated"
