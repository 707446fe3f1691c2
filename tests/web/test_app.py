# SPDX-License-Identifier: MIT
"""``decnet.web.app``: what every page and every form has in common."""

import re

import pytest

from decnet.web.app import FORMS, PAGES
from decnet.web.protection import HEADERS
from tests.support.dashboards import Person

pytestmark = pytest.mark.client
FILLED = {"{id}": "x", "{name}": "x", "{sha256}": "0" * 64, "{address:path}": "192.0.2.1"}
OPEN = ("/login", "/live")


def filled(path: str) -> str:
    """Return a path with something in its fields."""
    for field, value in FILLED.items():
        path = path.replace(field, value)
    return path


@pytest.mark.parametrize("path", [path for path in PAGES if path not in OPEN])
async def test_no_page_is_shown_to_who_is_not_signed_in(stranger: Person, path: str) -> None:
    answer = await stranger.see(filled(path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
    assert not answer.content
    answer = await stranger.see(filled(path), **{"hx-request": "true"})
    assert answer.headers["hx-redirect"].startswith("/login")


@pytest.mark.parametrize("path", FORMS)
async def test_no_form_is_taken_without_its_token(admin: Person, path: str) -> None:
    origin = {"origin": str(admin.client.base_url).rstrip("/")}
    answer = await admin.client.post(filled(path), data={"csrf": "0" * 64}, headers=origin)
    assert answer.status_code == 403
    assert (await admin.see("/evidence")).status_code == 200


@pytest.mark.parametrize("path", FORMS)
async def test_no_form_of_another_site_is_taken(admin: Person, path: str) -> None:
    await admin.see("/password")
    token = re.findall(r'name="csrf" value="([0-9a-f]+)"', admin.page)[0]
    for origin in ({"origin": "https://evil.example"}, {"origin": "null", "sec-fetch-site": "cross-site"}, {}):
        answer = await admin.client.post(filled(path), data={"csrf": token}, headers=origin)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/login", "/nothing", "/static/decnet.css", "/static/nothing", "/live?after=x", "/health"]
)
async def test_every_answer_has_the_headers_that_protect(admin: Person, path: str) -> None:
    async with admin.client.stream("GET", path) as answer:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value or name == "cache-control", name
        assert "date" in answer.headers
        assert "server" not in answer.headers


async def test_the_policy_allows_nothing_inline_and_pages_have_nothing_inline(admin: Person) -> None:
    assert "unsafe" not in HEADERS["content-security-policy"]
    for path in (
        "/",
        "/evidence",
        "/sessions",
        "/attackers",
        "/decoys",
        "/services",
        "/accounts",
        "/audit",
        "/password",
        "/login",
    ):
        await admin.see(path)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=)|https?://", admin.page), path


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(admin: Person, method: str) -> None:
    assert (await admin.client.request(method, "/evidence")).status_code == 405


async def test_a_page_that_is_not_there_is_told(admin: Person) -> None:
    assert (await admin.see("/nothing")).status_code == 404
    assert "no such page" in admin.text()
