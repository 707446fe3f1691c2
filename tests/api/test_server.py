# SPDX-License-Identifier: MIT
"""The API listens where it was told, on one socket that the group may use, and stops in time."""

import asyncio
import json
import socket
import stat
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from decnet.api.server import STOP_SECONDS, refuse_move
from decnet.config.model import Api as Settings
from decnet.errors import ConfigError, HostError, InUseError
from decnet.workers.api import Api
from tests.support.apis import problem_of, sent, serving, take
from tests.support.clients import run
from tests.support.workers import running

STRANGER = 65534


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_socket_is_for_the_group_and_goes_with_the_api(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        assert stat.S_IMODE(served.socket.stat().st_mode) == 0o660
        with pytest.raises(ExceptionGroup) as caught:
            async with running(Api(served.store.config, served.bus)):
                pass
        assert caught.group_contains(InUseError, match="another api already listens")
        assert (await (await served.client()).get("/health")).is_success
        path = served.socket
    assert not path.exists()


async def test_tcp_is_open_where_it_is_asked_for_and_believes_nobody(tmp_path: Path) -> None:
    port = free_port()
    async with serving(tmp_path, listen=f"127.0.0.1:{port}") as served:
        base = f"http://127.0.0.1:{port}/api/v1"
        async with httpx.AsyncClient(base_url=base, headers={"x-forwarded-for": "192.0.2.1"}) as client:
            await client.post("/login", json={"username": "admin", "password": served.first_password()})
        entries = (await (await served.admin()).get("/audit")).json()["items"]
        assert entries[0]["address"] == "127.0.0.1"


@pytest.mark.root
@pytest.mark.client
async def test_other_user_of_this_host_cannot_say_that_he_is_somewhere_else(tmp_path: Path) -> None:
    """He is in the group that may connect, and says what the dashboard says: the kernel knows better."""
    async with serving(tmp_path) as served:
        served.socket.parent.chmod(0o710)
        user = ("setpriv", f"--reuid={STRANGER}", "--regid=0", "--clear-groups")
        login = ("curl", "--silent", "--include", "--unix-socket", str(served.socket), "http://decnet/api/v1/login")
        said = ("--json", json.dumps({"username": "admin", "password": served.first_password()}))
        lies = ("--header", "X-Forwarded-For: 198.51.100.4", "--header", "X-Forwarded-Proto: https")
        finished = await run(*user, *login, *said, *lies)
        assert (b"set-cookie: decnet_session=" in finished.stdout, b"secure" in finished.stdout.lower()) == (True, False)
        entries = (await (await served.admin()).get("/audit")).json()["items"]
        assert (entries[0]["action"], entries[0]["address"]) == ("logged in", f"uid {STRANGER}")


@pytest.mark.parametrize(("listen", "error"), [("127.0.0.1:99999", ConfigError), ("192.0.2.1:80", HostError)])
async def test_address_that_cannot_be_had_is_told(tmp_path: Path, listen: str, error: type[Exception]) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with serving(tmp_path, listen=listen):
            pass
    assert caught.group_contains(error)


async def test_live_feeds_do_not_hinder_the_end(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with serving(tmp_path) as served:
        client = await served.viewer()
        response = await client.send(client.build_request("GET", "/events"), stream=True)
        await take(sent(response), 1)
        begun = loop.time()
    assert loop.time() - begun < STOP_SECONDS


async def test_what_is_no_http_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        reader, writer = await asyncio.open_unix_connection(str(served.socket))
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        async with asyncio.timeout(20):
            assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        _, endless = await asyncio.open_unix_connection(str(served.socket))
        endless.write(b"GET / HTTP/1.1\r\nx: ")
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                while not endless.is_closing():
                    endless.write(b"y" * 65536)
                    await endless.drain()
        assert problem_of(await (await served.client()).get("/me"), 401) == "not-authenticated"


def test_sockets_cannot_change_while_the_api_runs() -> None:
    refuse_move(Settings(), Settings(streams=3))
    for other in (Settings(socket="/x"), Settings(group="g"), Settings(listen="127.0.0.1:1")):
        with pytest.raises(ConfigError):
            refuse_move(Settings(), other)
