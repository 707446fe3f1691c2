# SPDX-License-Identifier: MIT
"""``decnet.web.protection``: forms of these pages and of nobody else's."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.types import Message

from decnet.web.protection import FORM_BYTES, FORM_FIELDS, PREFIX, SESSION, VISIT, RefusedError, form_of, session_of, token_of

SECRET = "of-this-session"
OURS = {
    "host": "127.0.0.1:8443",
    "origin": "https://127.0.0.1:8443",
    "content-type": "application/x-www-form-urlencoded",
    "cookie": f"{PREFIX}{SESSION}={SECRET}",
}


def request(content: bytes, headers: Mapping[str, str]) -> Request:
    """Return a request that sends this."""
    chunks = [content[start : start + 4096] for start in range(0, len(content), 4096)] or [b""]

    async def told() -> AsyncIterator[Message]:
        for place, chunk in enumerate(chunks, start=1):
            yield {"type": "http.request", "body": chunk, "more_body": place < len(chunks)}

    messages = told()
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": pairs}, lambda: anext(messages))


def form(**fields: str) -> bytes:
    """Return a form with the right token."""
    return urlencode({**fields, "csrf": token_of(SECRET)}).encode()


async def test_a_form_of_ours_is_read() -> None:
    assert await form_of(request(form(name="a b", more="\u00e4"), OURS)) == {"name": "a b", "more": "\u00e4"}


async def test_values_of_one_name_are_joined() -> None:
    content = form() + b"&names=a&names=b"
    assert await form_of(request(content, OURS)) == {"names": "a\nb"}


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:8443"},
        {"origin": "https://127.0.0.1:8444"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"cookie": f"{PREFIX}{SESSION}=of-another-session"},
        {"cookie": f"{SESSION}={SECRET}"},
        {"cookie": f"{VISIT}=something"},
        {"cookie": ""},
    ],
    ids=str,
)
async def test_what_another_site_can_send_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(RefusedError) as refused:
        await form_of(request(form(), {**OURS, **change}))
    assert refused.value.status == 403


async def test_a_request_without_an_origin_is_refused() -> None:
    with pytest.raises(RefusedError):
        await form_of(request(form(), {name: value for name, value in OURS.items() if name != "origin"}))


async def test_a_page_without_a_referrer_may_send_its_own_form() -> None:
    assert await form_of(request(form(a="b"), {**OURS, "origin": "null", "sec-fetch-site": "same-origin"})) == {"a": "b"}


@pytest.mark.parametrize("cookie", ['"a\\015\\012X-Forwarded-For: 1.2.3.4"', "a b", "x" * 600, '"a;b"'])
def test_a_session_that_api_cannot_have_made_is_none(cookie: str) -> None:
    assert session_of(request(b"", {"cookie": f"{PREFIX}{SESSION}={cookie}"})) == ""


@pytest.mark.parametrize("token", ["", "0" * 64, "\u00e4", token_of("another")])
async def test_a_form_with_another_token_is_refused(token: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await form_of(request(urlencode({"csrf": token}).encode(), OURS))
    assert refused.value.status == 403


async def test_before_the_login_the_visit_stands_for_the_session() -> None:
    content = urlencode({"a": "b", "csrf": token_of("visit")}).encode()
    assert await form_of(request(content, {**OURS, "cookie": f"{VISIT}=visit"})) == {"a": "b"}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"x" * (FORM_BYTES + 1), {}, 413),
        (b"{}", {"content-type": "application/json"}, 415),
        (b"a=b", {"content-type": "multipart/form-data; boundary=x"}, 415),
        (b"\xff=1", {}, 400),
        (b"a=1&" * (FORM_FIELDS + 1), {}, 400),
    ],
)
async def test_what_is_no_small_form_is_refused(content: bytes, headers: dict[str, str], status: int) -> None:
    with pytest.raises(RefusedError) as refused:
        await form_of(request(content, {**OURS, **headers}))
    assert refused.value.status == status
