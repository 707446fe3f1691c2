# SPDX-License-Identifier: MIT
"""``decnet.web.server`` and ``decnet.web.connection``: TLS, and an end to every patience."""

import asyncio
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from decnet.config.listening import Listening, parse
from decnet.errors import ConfigError, InUseError
from decnet.web import connection, server
from decnet.web.certificate import Certificate, ensure
from decnet.web.server import Server, bind, load, peer_of, tls
from tests.support.dashboards import listening

DEADLINE_SECONDS = 20.0
ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with who asks; ``/flood`` never ends."""

    async def flood() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65536)
            await asyncio.sleep(0)

    address = scope["client"][0].encode()
    await (StreamingResponse(flood()) if scope["path"] == "/flood" else Response(address))(scope, receive, send)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Server, Listening, Certificate]]:
    """Serve until the block ends."""
    place = parse(listening())
    certificate = ensure(folder / "dashboard.pem", place)
    found = Server(application, bind(place), tls(certificate))
    task = asyncio.get_running_loop().create_task(found.run())
    try:
        yield found, place, certificate
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await found.stop()


async def dial(place: Listening, certificate: Certificate | None) -> Talk:
    """Connect, over TLS where a certificate is expected, which has to be that one."""
    context = ssl.create_default_context(cafile=str(certificate.path)) if certificate else None
    return await asyncio.open_connection(str(place.address), place.port, ssl=context)


async def rest(talk: Talk) -> bytes:
    """Return all that comes until the connection ends, however it does."""
    received = bytearray()
    async with asyncio.timeout(DEADLINE_SECONDS):
        try:
            while chunk := await talk[0].read(65536):
                received += chunk
        except (ConnectionError, ssl.SSLError):
            pass
    talk[1].transport.abort()
    return bytes(received)


async def until_nobody_is_connected(found: Server) -> None:
    """Let the others run until every connection is gone."""
    while found.connections:  # noqa: ASYNC110 - the server has no event for it, and needs none
        await asyncio.sleep(0)


async def test_a_browser_that_trusts_the_certificate_is_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, place, certificate):
        talk = await dial(place, certificate)
        talk[1].write(ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = await rest(talk)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"server:" not in answer.lower()


async def test_no_byte_of_a_page_goes_without_tls(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, place, _certificate):
        talk = await dial(place, None)
        talk[1].write(ASK)
        assert b"HTTP" not in await rest(talk)


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, place, certificate):
        context = ssl.create_default_context(cafile=str(certificate.path))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        _, writer = await asyncio.open_connection(str(place.address), place.port, ssl=context)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
        writer.transport.abort()
        assert tls(certificate).minimum_version == ssl.TLSVersion.TLSv1_2


async def test_a_handshake_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_SECONDS", 0.2)
    async with serving(tmp_path) as (found, place, _):
        assert await rest(await dial(place, None)) == b""
        assert found.connections == 0


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nabc"])
async def test_a_request_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """Whoever opens a connection and says nothing, or half of it, loses it."""
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.3)
    async with serving(tmp_path) as (_, place, certificate):
        talk = await dial(place, certificate)
        talk[1].write(begun)
        await rest(talk)


async def test_a_client_that_does_not_read_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALLED_SECONDS", 0.3)
    async with serving(tmp_path) as (found, place, certificate):
        reader, writer = await dial(place, certificate)
        writer.write(ASK.replace(b"GET /", b"GET /flood"))
        async with asyncio.timeout(DEADLINE_SECONDS):
            await reader.read(1)
            await until_nobody_is_connected(found)
        writer.transport.abort()


async def test_a_connection_goes_on_after_a_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for a request begins anew with each of them, and does not run while one is answered."""
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.5)
    async with serving(tmp_path) as (_, place, certificate):
        reader, writer = await dial(place, certificate)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while loop.time() - begun < 1.0:
                writer.write(ASK)
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
                await reader.readexactly(len(writer.get_extra_info("sockname")[0]))
        writer.transport.abort()


async def test_connections_of_one_address_are_bounded_before_their_handshake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS_PER_PEER", 2)
    async with serving(tmp_path) as (found, place, certificate):
        first, second = await dial(place, None), await dial(place, certificate)
        third = await dial(place, None)
        assert await rest(third) == b""
        assert (found.connections, found.refused) == (2, 1)
        for talk in (first, second):
            talk[1].transport.abort()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await until_nobody_is_connected(found)
        again = await dial(place, certificate)
        again[1].transport.abort()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%1", "fe80::2%1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_a_host_has_no_more_connections_by_more_addresses(one: str, other: str, *, is_same: bool) -> None:
    """Whoever has one address of IPv6 has 2 to the 64 of them."""
    assert (peer_of(one) == peer_of(other)) == is_same


async def test_a_connection_costs_little_memory(tmp_path: Path) -> None:
    """Both ends of it are here."""
    async with serving(tmp_path) as (_, place, certificate):
        talks = [await dial(place, certificate)]
        tracemalloc.start()
        try:
            talks += [await dial(place, certificate) for _ in range(8)]
            each = tracemalloc.get_traced_memory()[0] / 8
        finally:
            tracemalloc.stop()
        for talk in talks:
            talk[1].transport.abort()
    assert each < 160 * 1024


async def test_a_head_without_an_end_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, place, certificate):
        talk = await dial(place, certificate)
        talk[1].write(b"GET / HTTP/1.1\r\nHost: here\r\nX: " + b"x" * (server.HEAD_BYTES + 1))
        assert (await rest(talk)).startswith(b"HTTP/1.1 400")


async def test_a_new_certificate_is_for_those_who_come_from_now_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, place, certificate):
        context = tls(certificate)
        renewed = ensure(tmp_path / "renewed.pem", place)
        load(context, renewed)
        assert renewed.fingerprint != certificate.fingerprint


def test_what_is_no_key_with_a_certificate_is_refused(tmp_path: Path) -> None:
    made = ensure(tmp_path / "dashboard.pem", parse("127.0.0.1:1"))
    made.path.write_text(made.path.read_text().split("-----END PRIVATE KEY-----")[1])
    with pytest.raises(ConfigError, match="fit"):
        tls(made)


def test_a_place_that_is_taken_is_told() -> None:
    place = parse(listening())
    with bind(place), pytest.raises(InUseError, match="cannot be listened on"):
        bind(place)


@pytest.mark.parametrize("place", ["192.0.2.77:8443", "[2001:db8::77]:8443"])
def test_an_address_may_come_later(place: str) -> None:
    """By DHCP, or when IPv6 has looked for duplicates; who ended with a wrong configuration would not be started again."""
    with bind(parse(place)) as listener:
        assert listener.getsockname()[0] == str(parse(place).address)


def test_all_addresses_means_both_protocols() -> None:
    with bind(parse(f"[::]:{parse(listening()).port + 1000}")) as listener:
        assert listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0
