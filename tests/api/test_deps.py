# SPDX-License-Identifier: MIT
"""Who asks, and from where, is what the kernel and the store say; cursors are of their own list."""

from pathlib import Path

import pytest
from fastapi import Request

from decnet.api.deps import LOCAL, address_of, decode_place, encode_place
from decnet.api.errors import Refusal
from tests.support.apis import problem_of, serving


def request(client: str, forwarded: str) -> Request:
    """Return a request as the server makes it."""
    return Request({"type": "http", "client": (client, 0), "headers": [(b"x-forwarded-for", forwarded.encode())]})


def test_address_is_believed_from_a_service_of_ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 990)
    assert address_of(request(f"{LOCAL}990", "2001:DB8::0:1")) == "2001:db8::1"
    assert address_of(request(f"{LOCAL}1000", "192.0.2.1")) == f"{LOCAL}1000"
    assert address_of(request("203.0.113.7", "192.0.2.1")) == "203.0.113.7"
    with pytest.raises(Refusal):
        address_of(request(f"{LOCAL}990", "192.0.2.1, 192.0.2.2"))


def test_cursor_leads_back_to_its_place_and_to_no_other() -> None:
    for place in ((7,), (7, "a b\u20ac", 9)):
        cursor = encode_place(place)
        assert cursor is not None
        assert decode_place(cursor, (tuple(type(part) for part in place),)) == place
        with pytest.raises(Refusal):
            decode_place(cursor, ((str,),))
    assert encode_place(None) is None
    for wrong in ("", "!", "bnVsbA", encode_place((1 << 63,)) or "", "\u20ac"):
        with pytest.raises(Refusal):
            decode_place(wrong, ((int,),))


async def test_what_is_no_token_is_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        for shown in ("Bearer nothing", "Bearer", "Basic YTpi", "bearer " + "x" * 1000):
            client = await served.client(authorization=shown)
            assert problem_of(await client.get("/me"), 401) == "not-authenticated"
        client = await served.client(cookie="decnet_session=nothing")
        assert problem_of(await client.get("/me"), 401) == "not-authenticated"


async def test_whoever_connects_through_the_socket_is_told_by_the_kernel(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        client = await served.client(**{"x-forwarded-for": "198.51.100.4"})
        await client.post("/login", json={"username": "admin", "password": served.first_password()})
        entries = (await (await served.admin()).get("/audit")).json()["items"]
        assert (entries[0]["action"], entries[0]["address"]) == ("logged in", "198.51.100.4")
