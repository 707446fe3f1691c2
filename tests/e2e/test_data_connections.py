# SPDX-License-Identifier: MIT
"""Sockets on demand with the real agent and the real decoys service: uploads are whole, whoever is killed in between."""

import asyncio
import ftplib
import hashlib
import io
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from decnet.domain.evidence import File, Violation
from tests.support.clients import run
from tests.support.handover import new_key
from tests.support.hosts import kill, prepared, start
from tests.support.installation import Installation
from tests.support.spools import records_in

pytestmark = pytest.mark.client

DEADLINE_SECONDS = 30
PORT = 2121
FLEET = """
[fleet]
name = test
[decoy files]
archetype = file-server
address = {address}
lures = ftp
[decoy files/ftp]
port = {port}
accounts = me:planted
"""
Answer = TypeVar("Answer")


@pytest.fixture
def address() -> str:
    """Return a loopback address of this test alone."""
    return new_key().address


@pytest_asyncio.fixture
async def host(tmp_path: Path, address: str) -> AsyncIterator[Installation]:
    """Return a host with one file server, which gives few sockets on demand."""
    fleet = tmp_path / "fleet.ini"
    fleet.write_text(FLEET.format(address=address, port=PORT))
    bounds = {
        "DECNET_AGENT_DATA_SOCKETS_PER_DECOY": "3",
        "DECNET_AGENT_FIRST_DATA_PORT": "50000",
        "DECNET_AGENT_DATA_PORTS": "40",
    }
    async with prepared(tmp_path / "host", **bounds) as host:
        await host.supervisor.start()
        finished = await host.command("deploy", str(fleet), "--yes")
        assert finished.code == 0, finished.stderr.decode()
        yield host


def client(address: str) -> ftplib.FTP:
    """Log in."""
    found = ftplib.FTP(timeout=DEADLINE_SECONDS)
    found.connect(address, PORT)
    found.login("me", "planted")
    return found


async def do(work: Callable[[], Answer]) -> Answer:
    """Do something that blocks beside the event loop."""
    async with asyncio.timeout(2 * DEADLINE_SECONDS):
        return await asyncio.to_thread(work)


def uploaded(host: Installation) -> list[tuple[str, int]]:
    """Return sha256 and size of the uploads in the spool."""
    return [(one.body.sha256, one.body.size) for one in records_in(host.config.paths) if isinstance(one.body, File)]


async def test_tree_arrives_whole_and_is_in_the_spool(host: Installation, address: str, tmp_path: Path) -> None:
    contents = [secrets.token_bytes(1 + 3000 * number) for number in range(60)]
    (tmp_path / "sent").mkdir()
    for number, content in enumerate(contents):
        (tmp_path / "sent" / str(number)).write_bytes(content)
    login = f"set cmd:fail-exit yes; open -u me,planted ftp://{address}:{PORT}"
    script = f"{login}; mirror -R {tmp_path}/sent box; mirror box {tmp_path}/back"
    finished = await run("lftp", "--norc", "-c", script)
    assert finished.code == 0, finished.stderr
    assert [(tmp_path / "back" / str(number)).read_bytes() for number in range(60)] == contents
    sums = sorted((hashlib.sha256(content).hexdigest(), len(content)) for content in contents)
    assert sorted(uploaded(host)) == sorted(sums * 2)  # once up, once down


async def test_doors_are_on_the_decoys_address_within_the_range(host: Installation, address: str) -> None:
    assert host.config.agent.first_data_port == 50000
    visitor = await do(lambda: client(address))
    for _ in range(10):
        told, port = await do(visitor.makepasv)
        assert told == address
        assert 50000 <= port < 50040
    visitor.close()


async def test_decoy_has_so_many_doors_and_the_heartbeat_counts_the_refused(host: Installation, address: str) -> None:
    visitors = [await do(lambda: client(address)) for _ in range(4)]
    for visitor in visitors[:3]:
        await do(visitor.makepasv)
    with pytest.raises(ftplib.error_perm, match="OOPS: vsf_sysutil_bind"):
        await do(visitors[3].makepasv)
    await do(visitors[0].close)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await counters(host, "agent")).get("data_refused") != 1:
            pass
    again = await do(lambda: client(address))
    assert await do(again.makepasv)
    for visitor in (*visitors, again):
        visitor.close()


async def counters(host: Installation, service: str) -> dict[str, int]:
    """Return the counters of a service's heartbeat."""
    finished = await host.command("services", "--format", "json")
    rows = [json.loads(line) for line in finished.stdout.splitlines()]
    found: dict[str, int] = next(row.get("detail", {}) for row in rows if row["service"] == service)
    return found


async def test_transfer_goes_on_while_the_agent_is_dead(host: Installation, address: str) -> None:
    """Its door was open before; new ones are to be had when it is back."""
    content = secrets.token_bytes(500_000)
    visitor = await do(lambda: client(address))
    place = await do(visitor.makepasv)
    await kill(host, "agent")
    with socket.create_connection(place, DEADLINE_SECONDS) as data:
        visitor.putcmd("STOR kept")
        assert (await do(visitor.getresp)).startswith("150")
        await do(lambda: data.sendall(content))
    assert (await do(visitor.voidresp)).startswith("226")
    await start(host, "agent")
    found = io.BytesIO()
    again = await do(lambda: client(address))
    await do(lambda: again.retrbinary("RETR kept", found.write))
    assert found.getvalue() == content
    assert (hashlib.sha256(content).hexdigest(), len(content)) in uploaded(host)
    for one in (visitor, again):
        one.close()


async def test_doors_of_a_dead_decoys_service_are_shut(host: Installation, address: str) -> None:
    visitor = await do(lambda: client(address))
    place = await do(visitor.makepasv)
    await kill(host, "decoys")
    await start(host, "decoys")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while await is_open(place):
            pass
    again = await do(lambda: client(address))
    assert await do(again.nlst)
    for one in (visitor, again):
        one.close()


async def is_open(place: tuple[str, int]) -> bool:
    """Say whether somebody listens at a place."""
    try:
        _, writer = await asyncio.open_connection(*place)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


async def test_stranger_at_a_door_is_evidence(host: Installation, address: str) -> None:
    visitor = await do(lambda: client(address))
    place = await do(visitor.makepasv)
    stranger = socket.create_connection(place, DEADLINE_SECONDS, ("127.0.0.77", 0))
    with pytest.raises(ftplib.error_temp, match="425 Security: Bad IP connecting"):
        await do(lambda: visitor.sendcmd("LIST"))
    stranger.close()
    [violation] = [one.body for one in records_in(host.config.paths) if isinstance(one.body, Violation)]
    assert violation.data.startswith("127.0.0.77:")
    visitor.close()
