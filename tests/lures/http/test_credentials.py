# SPDX-License-Identifier: MIT
"""Secrets go beside the record, never into it."""

import json
from typing import Any

import pytest

from decnet.domain.captured import raw
from tests.lures.http.web import APACHE, request, web
from tests.support.lures import Served, ask, serving

SECRET = b"hunter2-]%0A"


def shown(served: Served) -> bytes:
    """Return everything that lies in clear: bodies of records and blobs."""
    bodies = repr([body for _, body, _ in served.pen.records])
    return bodies.encode() + b"".join(served.pen.blobs.values())


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\nroot\r\n--b\r\nContent-Disposition: form-data; '
    b'name="password"\r\n\r\nhunter2-]\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="a\xff.php"'
    b"\r\n\r\n<?php ?>\r\n--b--\r\n"
)
XMLRPC = (
    b"<?xml version='1.0'?><methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value>root</value></param>"
    b"<param><value><string>hunter2-]</string></value></param></params></methodCall>"
)


@pytest.mark.parametrize(
    ("content_type", "body", "username"),
    [
        ("application/x-www-form-urlencoded", b"username=root&password=hunter2-%5D&x=1", "root"),
        ("application/x-www-form-urlencoded", b"log=root&pwd=hunter2-]&wp-submit=Log+In", "root"),
        ("text/plain", b"user=root&passwd=hunter2-]", "root"),
        ("application/json", b'{"email": "root", "nested": {"password" : "hunter2-]"}}', "root"),
        ("application/json", b'{"username":"root","password":"hunter2-]"', "root"),
        ("multipart/form-data; boundary=b", MULTIPART, "root"),
        ("text/xml", XMLRPC, "root"),
    ],
)
async def test_form_secret_is_a_credential_and_nowhere_else(content_type: str, body: bytes, username: str) -> None:
    async with serving(web(APACHE)) as served:
        await ask(served, request("POST /login HTTP/1.1", f"Content-Type: {content_type}", body=body))
    credential = served.pen.bodies("credential")[0]
    assert (credential.mechanism, credential.username, credential.accepted) == ("form", username, False)
    assert served.pen.secrets() == [b"hunter2-]"]
    assert b"hunter2" not in shown(served)
    record = served.pen.bodies("request")[0]
    assert b"[secret]" in served.pen.blobs[record.body_sha256]
    assert record.body_size == len(body)


async def test_body_without_a_password_is_kept_as_it_came() -> None:
    body = b"cmd=id;x=\xff\x00%0A&y=${jndi:ldap://a}"
    async with serving(web()) as served:
        await ask(served, request("POST /x HTTP/1.1", body=body))
    assert served.pen.blobs[served.pen.bodies("request")[0].body_sha256] == body


async def test_multipart_file_is_captured_with_its_name() -> None:
    async with serving(web(APACHE)) as served:
        await ask(served, request("POST /up HTTP/1.1", "Content-Type: multipart/form-data; boundary=b", body=MULTIPART))
    file = served.pen.bodies("file")[0]
    assert raw(file.path) == b"a\xff.php"
    assert served.pen.blobs[file.sha256] == b"<?php ?>"


@pytest.mark.parametrize(
    ("field", "expected", "username", "secret"),
    [
        ("Authorization: Basic cm9vdDpodW50ZXIyOng=", "Basic [secret]", "root", b"hunter2:x"),
        ("Authorization: basic cm9vdDpodW50ZXIyOng", "basic [secret]", "root", b"hunter2:x"),
        ("Authorization: Basic !!hunter2", "Basic [secret]", "", b"!!hunter2"),
        ("Authorization: Basic aHVudGVyMg==", "Basic [secret]", "", b"hunter2"),
        ("Authorization : Basic cm9vdDpodW50ZXIyOng=", "Basic [secret]", "root", b"hunter2:x"),
        ("Proxy-Authorization: Basic cm9vdDpodW50ZXIyOng=", "Basic [secret]", "root", b"hunter2:x"),
        ("Authorization: Bearer hunter2", "Bearer [secret]", "", b"hunter2"),
        ("X-API-Key: hunter2", "[secret]", "", b"hunter2"),
    ],
)
async def test_field_secret_is_replaced(field: str, expected: str, username: str, secret: bytes) -> None:
    async with serving(web()) as served:
        await ask(served, request("GET /admin/ HTTP/1.1", field))
    assert dict(served.pen.bodies("request")[0].headers)[field.partition(":")[0]] == expected
    assert served.pen.bodies("credential")[0].username == username
    assert served.pen.secrets() == [secret]
    assert b"hunter2" not in shown(served)


@pytest.mark.parametrize("target", ["/login?pwd=", "/login;pwd=", "/login;a=b?c=d&pwd="])
async def test_secret_in_the_target_is_replaced(target: str) -> None:
    async with serving(web()) as served:
        await ask(served, request(f"GET {target}hunter2 HTTP/1.1"))
    assert served.pen.bodies("request")[0].target == f"{target}[secret]"
    assert served.pen.secrets() == [b"hunter2"]
    assert b"hunter2" not in shown(served)


async def test_secret_on_a_continuation_line_is_replaced() -> None:
    async with serving(web(APACHE)) as served:
        await ask(served, request("GET / HTTP/1.1", "Authorization: Basic", " hunter2", "X: y"))
    assert served.pen.bodies("request")[0].headers[1:] == [("Authorization", "Basic"), (" [secret]", ""), ("X", "y")]
    assert served.pen.secrets()[-1] == b"hunter2"
    assert b"hunter2" not in shown(served)


async def test_digest_keeps_the_response_and_no_secret() -> None:
    value = (
        'Digest username="ro\\"ot", realm="R", nonce="n", uri="/admin/", '
        'response="6629fae49393a05397450978507c4ef1", qop=auth, nc=00000001, cnonce="c", algorithm=SHA-256'
    )
    async with serving(web(authentication="digest-sha256")) as served:
        answer = await ask(served, request("GET /admin/ HTTP/1.1", f"Authorization: {value}"))
    assert b'WWW-Authenticate: Digest realm="Restricted", nonce="' in answer
    assert b"algorithm=SHA-256" in answer
    credential = served.pen.bodies("credential")[0]
    assert (credential.mechanism, credential.detail["response"]) == ("digest", "6629fae49393a05397450978507c4ef1")
    assert served.pen.secrets() == []


async def test_query_and_cookie_secrets_are_replaced_and_attacks_in_cookies_kept() -> None:
    line = "GET /cgi?user=root&password=hunter2&x=1 HTTP/1.1"
    async with serving(web()) as served:
        await ask(
            served, request(line, "Cookie: sid=0123abcd; evil=() { :;}; echo; a=${jndi:x}", "Referer: http://x/?pwd=hunter2")
        )
    record = served.pen.bodies("request")[0]
    assert record.target == "/cgi?user=root&password=[secret]&x=1"
    cookie = dict(record.headers)["Cookie"]
    assert "sid=[secret]" in cookie
    assert "() { :;}" in cookie
    assert "${jndi:x}" in cookie
    cookie_and_referer = b"Cookie: sid=0123abcd; evil=() { :;}; echo; a=${jndi:x}\nReferer: http://x/?pwd=hunter2"
    assert served.pen.secrets() == [b"hunter2", cookie_and_referer]
    assert b"hunter2" not in shown(served)


async def test_credentials_are_recorded_before_the_request() -> None:
    async with serving(web()) as served:
        await ask(served, request("GET /admin/ HTTP/1.1", "Authorization: Basic YTpi"))
    assert [body.kind for _, body, _ in served.pen.records] == ["credential", "request"]


async def test_flood_of_pairs_is_cut_and_its_secret_not_kept() -> None:
    body = b"a=b&" * 100_000 + b"password=hunter2"
    async with serving(web()) as served:
        await ask(served, request("POST /x HTTP/1.1", body=body))
    record = served.pen.bodies("request")[0]
    assert record.body_size == len(body)
    assert len(served.pen.blobs[record.body_sha256]) == 65_536
    assert b"hunter2" not in shown(served)


@pytest.mark.parametrize(("options", "status", "accepted"), [({}, b"200", False), ({"accept": "planted"}, b"302", True)])
async def test_portal_opens_only_to_planted_accounts(options: dict[str, Any], status: bytes, *, accepted: bool) -> None:
    lure = web(site="portal", accounts=("admin:letmein",), **options)
    body = f"{lure.resources._application.look.user_field}=admin&password=letmein".encode()  # type: ignore[union-attr]  # a portal it is
    async with serving(lure) as served:
        answer = await ask(served, request("POST /login HTTP/1.1", body=body))
        assert answer.split()[1] == status
        assert served.pen.bodies("credential")[0].accepted is accepted
        cookie = answer.partition(b"Set-Cookie: ")[2].partition(b";")[0].decode()
        home = await ask(served, request("GET / HTTP/1.1", f"Cookie: {cookie}"))
    assert (b"No open tasks" in home) is accepted


async def test_portal_names_the_refusal_and_answers_programs() -> None:
    async with serving(web(site="portal")) as served:
        page = await ask(served, request("POST /login HTTP/1.1", body=b"username=a&password=b"))
        program = await ask(
            served, request("POST /api/login HTTP/1.1", body=json.dumps({"username": "a", "password": "b"}).encode())
        )
        first = await ask(served, request())
    assert b"Invalid user name or password" in page
    assert program.startswith(b"HTTP/1.1 401")
    assert b"Location: /login" in first
