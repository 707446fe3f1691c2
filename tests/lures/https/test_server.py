# SPDX-License-Identifier: MIT
"""
The https lure with curl, openssl and Python's TLS, and against what real servers answered, byte for byte.

The tables were written down from nginx 1.22.1 and Apache 2.4.71 of Debian 12 with certificates of ssl-cert; PORT is theirs.
"""

import asyncio
import json
import re
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.domain.captured import raw
from decnet.lures.http.options import HttpOptions
from decnet.lures.http.server import Http
from decnet.lures.http.site import Site
from decnet.lures.https.options import HttpsOptions
from decnet.lures.https.server import Https
from tests.lures.http.web import APACHE, request
from tests.support.clients import Finished, run
from tests.support.decoys import decoy, persona
from tests.support.lures import Served, ask, serving

NGINX = "nginx/1.18.0"
MOMENT = 1_706_933_106
BEGINNINGS = [b"", b"\x16\x03\x01", b"\x16\x03\x01\x00\x40\x01", b"GET "]


def web(software: str = NGINX, hostname: str = "files01", seed: str = "test seed", **options: Any) -> Https:
    """Return an https lure."""
    who = persona(software={"http": software}, hostname=hostname, seed=seed)
    return Https(decoy(persona=who), HttpsOptions(**options))


def client_context(**attributes: Any) -> ssl.SSLContext:
    """Return a client that trusts everybody."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in attributes.items():
        setattr(context, name, value)
    return context


async def ask_tls(
    served: Served, *pieces: bytes, context: ssl.SSLContext | None = None, name: str = "web01"
) -> tuple[bytes, ssl.SSLObject]:
    """Send pieces through TLS; return everything that is answered, and the connection's facts."""
    reader, writer = await asyncio.open_connection(
        served.host, served.port, ssl=context or client_context(), server_hostname=name
    )
    facts: ssl.SSLObject = writer.get_extra_info("ssl_object")
    try:
        async with asyncio.timeout(20):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            answer = await reader.read()
    finally:
        writer.transport.abort()
    await served.session_ended()
    return answer, facts


async def curl(served: Served, *arguments: str, scheme: str = "https") -> Finished:
    """Run curl."""
    return await run("curl", "--silent", "--show-error", "--max-time", "20", *arguments, f"{scheme}://127.0.0.1:{served.port}/")


async def s_client(served: Served, *arguments: str) -> str:
    """Run openssl s_client without input; return what it says."""
    finished = await run("openssl", "s_client", "-connect", f"127.0.0.1:{served.port}", *arguments)
    await served.session_ended()
    return (finished.stdout + finished.stderr).decode(errors="replace")


def comparable(answer: bytes, port: int) -> str:
    """Return an answer without its date and its port."""
    return re.sub(r"Date: [^\r]+", "Date: -", answer.decode("latin-1")).replace(str(port), "PORT")


@pytest.mark.parametrize(("software", "server", "name"), [
    ("nginx/1.22.1", "nginx", "nginx-1.22.1"),
    ("Apache/2.4.71 (Debian)", "apache", "apache-2.4.71"),
])  # fmt: skip
async def test_lure_answers_as_the_real_server(software: str, server: str, name: str) -> None:
    """Plain HTTP and other nonsense on the port, redirections and error pages."""
    lure = web(software, "web01")
    lure.resources.site = Site(server=server)
    lure.resources.site.add("/index.html", "<h1>It works!</h1>\n", MOMENT)
    lure.resources.site.add("/files/a.txt", "0123456789\n", MOMENT)
    differences = []
    async with serving(lure, idle_seconds=5) as served:
        for kind, sent, expected in json.loads((Path(__file__).parent / f"{name}.json").read_text()):
            asking = sent.encode("latin-1")
            answer = await ask(served, asking) if kind == "plain" else (await ask_tls(served, asking))[0]
            if comparable(answer, served.port) != expected:
                differences.append(f"{kind} {sent!r}\n  want {expected!r}\n  got  {comparable(answer, served.port)!r}")
    assert not differences, "\n".join(differences)


@pytest.mark.client
@pytest.mark.parametrize("software", [NGINX, APACHE])
async def test_curl_gets_the_site_and_is_recorded(software: str) -> None:
    async with serving(web(software)) as served:
        finished = await curl(served, "--insecure", "--include", "--user", "eve:hidden", "--header", "Host: shop.example")
        await served.session_ended()
    assert finished.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert software.encode() in finished.stdout
    (seen,) = served.pen.bodies("request")
    assert (seen.method, seen.target, seen.status) == ("GET", "/", 200)
    assert ("Host", "shop.example") in seen.headers
    assert b"hidden" in served.pen.secrets()
    (known,) = served.pen.bodies("client")
    assert re.fullmatch("[0-9a-f]{32}", known.fingerprint)
    assert known.detail["alpn"] == "h2, http/1.1"
    assert known.detail["versions"].startswith("TLS 1.3, TLS 1.2")
    assert "server name" not in known.detail
    (session,) = served.pen.ended
    assert session.sent > len(finished.stdout) + 1000, "the handshake crosses the wire too"
    assert session.received > 300


@pytest.mark.client
async def test_a_client_that_checks_the_certificate_leaves_a_reason() -> None:
    async with serving(web()) as served:
        finished = await curl(served)
        await served.session_ended()
    assert finished.code == 60
    (broken,) = served.pen.bodies("violation")
    assert broken.reason == "the client ended TLS with the alert unknown ca"
    assert raw(broken.data).startswith(b"\x16\x03\x01")
    assert [session.reason for session in served.pen.ended] == ["protocol"]


@pytest.mark.client
@pytest.mark.parametrize(("option", "version"), [("-tls1", "TLSv1"), ("-tls1_1", "TLSv1.1"), ("-tls1_2", "TLSv1.2")])
@pytest.mark.parametrize("software", [NGINX, APACHE])
async def test_old_versions_are_spoken_as_debian_11_speaks_them(software: str, option: str, version: str) -> None:
    async with serving(web(software)) as served:
        said = await s_client(served, option, "-cipher", "DEFAULT:@SECLEVEL=0", "-servername", "Shop.Example")
    assert re.search(rf"Protocol *: {re.escape(version)}\n", said)
    (known,) = served.pen.bodies("client")
    assert known.detail["server name"] == "Shop.Example"


@pytest.mark.client
@pytest.mark.parametrize(("os_id", "os_version"), [("ubuntu", "20.04"), ("debian", "12")])
async def test_releases_that_refuse_old_versions_say_why(os_id: str, os_version: str) -> None:
    who = persona(software={"http": NGINX}, os_id=os_id, os_version=os_version)
    async with serving(Https(decoy(persona=who), HttpsOptions())) as served:
        said = await s_client(served, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert "alert protocol version" in said
    (broken,) = served.pen.bodies("violation")
    assert broken.reason == "TLS failed: unsupported protocol"


@pytest.mark.client
async def test_the_order_of_ciphers_is_the_servers_with_nginx_and_the_clients_with_apache() -> None:
    chosen = {}
    for software in (NGINX, APACHE):
        async with serving(web(software)) as served:
            said = await s_client(served, "-tls1_2", "-cipher", "AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384")
            chosen[software] = re.search(r"Cipher is (\S+)", said)
    assert [found[1] for found in chosen.values() if found] == ["ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA"]


@pytest.mark.client
async def test_only_apache_exchanges_keys_over_a_finite_field() -> None:
    said = {}
    for software in (NGINX, APACHE):
        async with serving(web(software)) as served:
            said[software] = await s_client(served, "-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384")
    assert "Cipher is (NONE)" in said[NGINX]
    assert "Cipher is DHE-RSA-AES256-GCM-SHA384" in said[APACHE]
    assert "Temp Key: DH, 2048 bits" in said[APACHE]


@pytest.mark.client
async def test_no_shared_cipher_is_a_reason() -> None:
    async with serving(web()) as served:
        await s_client(served, "-tls1_2", "-cipher", "NULL:@SECLEVEL=0")
    assert [one.reason for one in served.pen.bodies("violation")] == ["TLS failed: no shared cipher"]
    assert len(served.pen.bodies("client")) == 1


@pytest.mark.client
async def test_tickets_resume_a_session_with_nginx() -> None:
    async with serving(web()) as served:
        said = await s_client(served, "-tls1_2", "-reconnect")
        for _ in range(5):
            await served.session_ended()
    assert said.count("Reused, TLSv1.2") == 5


@pytest.mark.parametrize(
    ("offered", "agreed"), [(["h2", "http/1.1"], "http/1.1"), (["h2"], None), (["spdy/3"], None), (None, None)]
)
async def test_http_1_1_is_all_that_is_agreed_on(offered: list[str] | None, agreed: str | None) -> None:
    context = client_context()
    if offered:
        context.set_alpn_protocols(offered)
    async with serving(web()) as served:
        answer, facts = await ask_tls(served, request("GET / HTTP/1.1", "Connection: close"), context=context)
    assert facts.selected_alpn_protocol() == agreed
    assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_several_requests_and_a_large_body_pass_through_one_connection() -> None:
    body = b"password=one&" + b"x" * 200_000
    form = "Content-Type: application/x-www-form-urlencoded"
    async with serving(web(site="portal")) as served:
        answer, _ = await ask_tls(
            served, request("POST /login HTTP/1.1", form, body=body), request("GET /login HTTP/1.1", "Connection: close")
        )
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    first, second = served.pen.bodies("request")
    assert (first.body_size, second.target) == (len(body), "/login")
    assert b"one" in served.pen.secrets()


async def test_the_lures_of_one_decoy_show_one_site_under_one_name() -> None:
    who = decoy(persona=persona(software={"http": APACHE, "https": NGINX}))
    plain, secure = Http(who, HttpOptions()), Https(who, HttpsOptions())
    asking = request("GET /robots.txt HTTP/1.1", "Connection: close")
    async with serving(plain) as served:
        by_http = await ask(served, asking)
    async with serving(secure) as served:
        by_https, facts = await ask_tls(served, asking)
        certificate = facts.getpeercert(binary_form=True)
    assert re.sub(rb"Date: [^\r]+", b"", by_http) == re.sub(rb"Date: [^\r]+", b"", by_https)
    assert certificate
    assert b"files01.corp.example" in certificate


async def test_two_decoys_differ_and_one_stays() -> None:
    found = []
    for seed in ("one", "two", "one"):
        async with serving(web(seed=seed)) as served:
            _, facts = await ask_tls(served, request("GET / HTTP/1.1", "Connection: close"))
            found.append(facts.getpeercert(binary_form=True))
    assert found[0] == found[2] != found[1]


async def test_the_loop_goes_on_while_a_key_is_derived() -> None:
    """Clients of other lures are served meanwhile: the search for primes is another thread's."""
    lure, turns, loop = web(seed="never derived before"), 0, asyncio.get_running_loop()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        preparing = tasks.create_task(lure.prepare())
        while not preparing.done():
            turned = asyncio.Event()
            loop.call_later(0.001, turned.set)
            await turned.wait()
            turns += 1
    assert turns > 5


@pytest.mark.parametrize("sent", [b"\x16", b"\x16\x03\x01\x02\x00\x01\x00", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01"])
async def test_who_leaves_in_the_handshake_is_noted(sent: bytes) -> None:
    async with serving(web()) as served:
        await ask(served, sent)
    (broken,) = served.pen.bodies("violation")
    assert (broken.reason, raw(broken.data)) == ("the client left during the TLS handshake", sent)


async def test_a_scanner_that_takes_the_certificate_and_leaves_is_noted() -> None:
    out = ssl.MemoryBIO()
    tls = client_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="x.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    async with serving(web()) as served:
        assert len(await ask(served, out.read())) > 1000
    assert [body.kind for _, body, _ in served.pen.records] == ["client", "violation"]


@pytest.mark.parametrize("software", [NGINX, APACHE])
async def test_a_login_without_tls_is_kept(software: str) -> None:
    async with serving(web(software)) as served:
        await ask(served, request("GET /admin/ HTTP/1.1", "Authorization: Basic ZXZlOmhpZGRlbg=="))
    (seen,) = served.pen.bodies("request")
    assert (seen.target, seen.status) == ("/admin/", 400)
    assert served.pen.secrets() == [b"hidden"]


async def test_who_says_nothing_leaves_no_reason() -> None:
    async with serving(web()) as served:
        assert await ask(served) == b""
    assert served.pen.records == []


@pytest.mark.parametrize("sent", [b"", b"\x16\x03", b"GE"])
@pytest.mark.parametrize("software", [NGINX, APACHE])
async def test_a_silent_client_is_ended(software: str, sent: bytes) -> None:
    async with serving(web(software), idle_seconds=0.3) as served:
        client = socket.create_connection((served.host, served.port))
        client.sendall(sent)
        await served.session_ended()
        client.close()
    assert [session.reason for session in served.pen.ended] == ["idle"]


async def test_too_many_bytes_end_the_session() -> None:
    async with serving(web(), byte_limit=20_000) as served:
        _, writer = await asyncio.open_connection(served.host, served.port, ssl=client_context(), server_hostname="a")
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000)
        await served.session_ended()
        writer.transport.abort()
    assert [session.reason for session in served.pen.ended] == ["bytes"]


async def test_garbage_within_tls_is_noted() -> None:
    """A record that cannot be decrypted, after a handshake that went well."""
    async with serving(web()) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_context().wrap_bio(incoming, outgoing, server_hostname="a")
        async with asyncio.timeout(20):
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    writer.write(outgoing.read())
                    incoming.write(await reader.read(65536))
            writer.write(outgoing.read() + b"\x17\x03\x03\x00\x20" + bytes(32))
            await reader.read()
        writer.transport.abort()
        await served.session_ended()
    (broken,) = served.pen.bodies("violation")
    assert broken.reason.startswith("TLS failed: ")


@settings(max_examples=40)
@given(
    st.lists(st.binary(max_size=300), max_size=4), st.sampled_from([b"", b"\x16\x03\x01", b"\x16\x03\x01\x00\x40\x01", b"GET "])
)
def test_any_bytes_are_survived(pieces: list[bytes], start: bytes) -> None:
    async def attack() -> None:
        for lure in (web(), web(APACHE)):
            async with serving(lure, idle_seconds=2) as served:
                _, writer = await asyncio.open_connection(served.host, served.port)
                for piece in [start, *pieces]:
                    writer.write(piece)
                writer.transport.abort()
                await served.session_ended()

    asyncio.run(attack())


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_hello_is_survived(damage: list[tuple[int, int]]) -> None:
    out = ssl.MemoryBIO()
    tls = client_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="x.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = bytearray(out.read())
    for at, byte in damage:
        hello[at % len(hello)] = byte

    async def attack() -> None:
        async with serving(web(), idle_seconds=2) as served:
            await ask(served, bytes(hello))

    asyncio.run(attack())
