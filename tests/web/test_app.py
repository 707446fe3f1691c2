# SPDX-License-Identifier: MIT
"""``decnet.web.app``: what every page and every form has in common."""

import asyncio
import re

import pytest

from decnet.web.app import FORMS, LARGE, LARGE_BYTES, PAGES
from decnet.web.protection import FORM_BYTES, HEADERS
from tests.support.dashboards import DEADLINE_SECONDS, NEW_PASSWORD, Person, unverified
from tests.support.watched import Watched

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


async def test_who_is_asked_to_sign_in_by_a_part_of_a_page_comes_back_to_the_page(stranger: Person) -> None:
    told = {"hx-request": "true", "hx-current-url": f"{stranger.client.base_url}/evidence?q=a"}
    answer = await stranger.see("/services/state", **told)
    assert answer.headers["hx-redirect"] == "/login?next=%2Fevidence%3Fq%3Da"


@pytest.mark.parametrize("url", ["", "https://[::1/", "https://evil.example", "//evil.example/x", "https://here//evil.example"])
async def test_who_is_told_a_strange_page_comes_back_to_one_of_ours(stranger: Person, url: str) -> None:
    answer = await stranger.see("/services/state", **{"hx-request": "true", "hx-current-url": url})
    await stranger.see(answer.headers["hx-redirect"])
    shown = re.findall(r'name="next" value="([^"]*)"', stranger.page)[0]
    answer = await stranger.send("/login", username="admin", password=NEW_PASSWORD, next=shown)
    assert answer.headers["location"] == "/"


async def test_nobody_is_led_to_where_the_header_host_says(admin: Person) -> None:
    for path in ("/evidence/", "/decoys/plan", "/"):
        answer = await admin.see(path, host="evil.example")
        assert "evil.example" not in answer.headers.get("location", "")


@pytest.mark.parametrize("path", [path for path in FORMS if path not in PAGES])
async def test_the_address_of_a_form_leads_to_a_page(admin: Person, path: str) -> None:
    """One reloads the page that a form showed, or chooses another look on it."""
    answer = await admin.see(filled(path))
    while answer.status_code == 303:
        answer = await admin.see(answer.headers["location"])
    assert answer.status_code == 200 or answer.url.path == "/evidence/x"


@pytest.mark.parametrize("path", ["/", "/touches", "/decoys"])
@pytest.mark.parametrize("name", ["hours", "revision"])
async def test_a_number_without_an_end_breaks_nothing(stranger: Person, admin: Person, path: str, name: str) -> None:
    asked = f"{path}?{name}={'9' * 5000}"
    assert (await stranger.see(asked)).status_code == 303
    assert (await admin.see(asked)).status_code == 200


@pytest.mark.parametrize("path", FORMS)
async def test_no_form_is_taken_without_its_token(admin: Person, path: str) -> None:
    origin = {"origin": str(admin.client.base_url).rstrip("/")}
    answer = await admin.client.post(filled(path), data={"csrf": "0" * 64}, headers=origin)
    assert answer.status_code == 403
    assert (await admin.see("/evidence")).status_code == 200


@pytest.mark.parametrize("path", FORMS)
async def test_no_form_is_larger_than_its_page_needs(admin: Person, path: str) -> None:
    await admin.see("/decoys")
    most = LARGE_BYTES if path in LARGE else FORM_BYTES
    assert (await admin.send(filled(path), fleet="x" * most)).status_code == 413


@pytest.mark.parametrize("path", LARGE)
async def test_no_large_form_is_read_of_who_is_not_signed_in(site: Watched, path: str) -> None:
    """The answer is there before the form is."""
    host, _, port = site.listen.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=unverified())
    cookie = "Cookie: __Host-decnet_session=made-up"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {site.listen}\r\n{cookie}\r\nContent-Length: 200000\r\n\r\n".encode())
    async with asyncio.timeout(DEADLINE_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    assert head.startswith(b"HTTP/1.1 303")
    assert b"location: /login\r\n" in head


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


async def test_what_went_wrong_is_told_beside_the_way_to_the_other_pages(admin: Person, stranger: Person) -> None:
    for path in ("/nothing", "/evidence/x"):
        await admin.see(path)
        assert 'aria-label="Pages"' in admin.page
    assert (await stranger.see("/nothing")).status_code == 404
    assert 'aria-label="Pages"' not in stranger.page
