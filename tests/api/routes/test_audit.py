# SPDX-License-Identifier: MIT
"""The audit log is read page by page."""

from tests.support.apis import Served, fields


async def test_entries_are_listed_newest_first(served: Served) -> None:
    admin = await served.admin()
    for name in ("one", "two", "three"):
        await admin.post("/tokens", json={"name": name, "role": "viewer", "days": 1})
    first = (await admin.get("/audit", params={"limit": 2})).json()
    rest = (await admin.get("/audit", params={"limit": 9, "cursor": first["next"]})).json()
    assert fields(first["items"] + rest["items"], "subject") == ["three", "two", "one", "admin"]
    assert rest["next"] is None
