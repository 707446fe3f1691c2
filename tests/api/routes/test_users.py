# SPDX-License-Identifier: MIT
"""An admin decides who may what, and cannot leave nobody who may."""

from tests.support.apis import Served, fields, problem_of


async def test_account_is_made_used_changed_and_deleted(served: Served) -> None:
    admin, carol = await served.admin(), await served.client()
    made = await admin.post("/users", json={"name": "carol", "role": "viewer"})
    assert (made.status_code, made.json()["must_change_password"]) == (201, True)
    first = made.json()["password"]
    assert (await carol.post("/login", json={"username": "carol", "password": first})).is_success
    await carol.post("/me/password", json={"current": first, "new": "carols own password"})
    assert problem_of(await carol.get("/users"), 403) == "forbidden"
    assert (await admin.patch("/users/carol", json={"role": "admin"})).json()["role"] == "admin"
    assert (await carol.get("/users")).is_success, "a role counts at once"
    assert (await admin.patch("/users/carol", json={"is_disabled": True})).json()["is_disabled"] is True
    assert problem_of(await carol.get("/me"), 401) == "not-authenticated"
    await admin.patch("/users/carol", json={"is_disabled": False})
    reset = (await admin.post("/users/carol/password")).json()["password"]
    assert reset != first
    assert (await carol.post("/login", json={"username": "carol", "password": reset})).json()["must_change_password"]
    assert (await admin.delete("/users/carol")).status_code == 204
    assert fields((await admin.get("/users")).json()["items"], "name") == ["admin"]
    actions = fields((await admin.get("/audit")).json()["items"], "action")
    assert {"account made", "account changed", "password reset", "account deleted"} <= set(actions)


async def test_what_cannot_be_is_refused(served: Served) -> None:
    admin = await served.admin()
    assert problem_of(await admin.post("/users", json={"name": "admin", "role": "viewer"}), 409) == "conflict"
    assert problem_of(await admin.post("/users", json={"name": "No Name", "role": "viewer"}), 422) == "not-valid"
    assert problem_of(await admin.post("/users", json={"name": "x", "role": "god"}), 422) == "not-valid"
    assert problem_of(await admin.delete("/users/admin"), 409) == "conflict"
    assert problem_of(await admin.patch("/users/nobody", json={}), 404) == "not-found"
