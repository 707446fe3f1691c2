# SPDX-License-Identifier: MIT
"""The cookie is for one browser, over one connection, on one site."""

from tests.support.apis import Served, problem_of


async def cookie(served: Served, **headers: str) -> str:
    client = await served.client(**headers)
    response = await client.post("/login", json={"username": "admin", "password": served.first_password()})
    return response.headers["set-cookie"]


async def test_cookie_is_kept_from_scripts_and_from_other_sites(served: Served) -> None:
    plain = await cookie(served)
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(plain.split("; "))
    assert "Secure" not in plain
    assert "Secure" in await cookie(served, **{"x-forwarded-proto": "https"})


async def test_me_says_who_asks(served: Served) -> None:
    told = (await (await served.operator()).get("/me")).json()
    assert (told["name"], told["role"], told["kind"]) == ("test-operator", "operator", "token")


async def test_token_has_no_password_and_is_not_logged_out(served: Served) -> None:
    client = await served.operator()
    response = await client.post("/me/password", json={"current": "x", "new": "a long password"})
    assert problem_of(response, 403) == "forbidden"
    assert (await client.post("/logout")).status_code == 204
    assert (await client.get("/me")).is_success
