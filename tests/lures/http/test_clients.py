# SPDX-License-Identifier: MIT
"""Real clients against the http lure."""

import asyncio
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.lures.http.web import APACHE, web
from tests.support.clients import run
from tests.support.lures import Served, serving

pytestmark = pytest.mark.client


async def curl(served: Served, path: str, *arguments: str) -> str:
    """Run curl and return what it prints."""
    finished = await run("curl", "-sS", "-m", "20", *arguments, f"http://{served.host}:{served.port}{path}")
    assert finished.code == 0, finished.stderr
    await served.session_ended()
    return finished.stdout.decode("latin-1")


async def test_curl_with_basic_credentials() -> None:
    async with serving(web()) as served:
        page = await curl(served, "/admin/", "-u", "root:to]or %0A")
    assert "401 Authorization Required" in page
    assert served.pen.secrets() == [b"to]or %0A"]


@pytest.mark.parametrize("authentication", ["digest", "digest-sha256"])
async def test_curl_goes_through_the_digest_exchange(authentication: str) -> None:
    async with serving(web(authentication=authentication)) as served:
        await curl(served, "/admin/", "--digest", "-u", "root:toor")
    assert [body.status for body in served.pen.bodies("request")] == [401, 401]
    credential = served.pen.bodies("credential")[0]
    assert (credential.username, credential.detail["uri"]) == ("root", "/admin/")
    assert len(credential.detail["response"]) == (32 if authentication == "digest" else 64)


async def test_curl_posts_forms_and_uploads(tmp_path: Path) -> None:
    dropper = tmp_path / "dropper.sh"
    dropper.write_bytes(b"#!/bin/sh\n" * 1000)
    async with serving(web(APACHE)) as served:
        await curl(served, "/wp-login.php", "-d", "log=admin", "--data-urlencode", "pwd=p@ss&word")
        await curl(served, "/up", "-F", "token=tttt", "-F", f"file=@{dropper}")
        await curl(served, "/put.sh", "-T", str(dropper))
        await curl(served, "/put2.sh", "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "-T", str(dropper))
    assert served.pen.secrets() == [b"p@ss&word", b"tttt"]
    files = served.pen.bodies("file")
    assert [file.path for file in files] == ["dropper.sh", "/put.sh", "/put2.sh"]
    assert {served.pen.blobs[file.sha256] for file in files} == {dropper.read_bytes()}


async def test_curl_reads_ranges_heads_and_keeps_the_connection() -> None:
    lure = web(APACHE)
    async with serving(lure) as served:
        whole = lure.resources.site.pages["/robots.txt"].content.decode()
        assert await curl(served, "/robots.txt", "-r", "2-9") == whole[2:10]
        assert "Accept-Ranges: bytes" in await curl(served, "/robots.txt", "-I")
        many = await run(
            "curl", "-sS", *[f"http://{served.host}:{served.port}/{name}" for name in ("robots.txt", "nope", "robots.txt")]
        )
        await served.session_ended()
    assert many.stdout.decode().count("User-agent") == 2
    assert len({origin.session for origin, body, _ in served.pen.records if body.kind == "request"}) == 3


async def test_curl_with_old_versions_and_odd_methods() -> None:
    async with serving(web(APACHE)) as served:
        assert "It works!" in await curl(served, "/", "--http1.0")
        assert "501 Not Implemented" in await curl(served, "/", "-X", "GIMME")
        assert "405 Method Not Allowed" in await curl(served, "/", "-X", "TRACE")
        await curl(served, "/../../etc/passwd", "--path-as-is")
    methods = [(body.method, body.version, body.status) for body in served.pen.bodies("request")]
    assert methods == [
        ("GET", "HTTP/1.0", 200),
        ("GIMME", "HTTP/1.1", 501),
        ("TRACE", "HTTP/1.1", 405),
        ("GET", "HTTP/1.1", 400),
    ]


async def test_curl_as_through_a_proxy_is_refused() -> None:
    async with serving(web()) as served:
        finished = await run("curl", "-sS", "-p", "-x", f"http://u:pw@{served.host}:{served.port}", "http://victim.example:25/")
        await served.session_ended()
    assert finished.code != 0
    assert served.pen.bodies("request")[0].target == "victim.example:25"
    assert served.pen.secrets() == [b"pw"]


async def test_urllib_reads_and_gets_errors() -> None:
    def fetch(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return int(error.code)

    async with serving(web()) as served:
        base = f"http://{served.host}:{served.port}"
        codes = [await asyncio.to_thread(fetch, base + path) for path in ("/", "/nope", "/admin/")]
    assert codes == [200, 404, 401]
