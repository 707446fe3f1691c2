# SPDX-License-Identifier: MIT
"""The process that faces attackers opens no socket of its own, and what it is told of others' spools it leaves alone."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from decnet.catalog import service
from tests.support.hosts import prepared
from tests.support.installation import Installation

pytestmark = pytest.mark.client

FLEET = "[fleet]\nname = test\n[decoy web]\narchetype = web-server\naddress = 127.79.0.{number}\nlures = http, ssh\n"
WATCHED = """
import json, sys
def watch(event, arguments):
    if event in ("socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg") and arguments[1] is not None:
        print("CALL", json.dumps([event, str(arguments[1:])]), file=sys.stderr, flush=True)
sys.addaudithook(watch)
from decnet.cli.main import main
sys.exit(main(["decoys"]))
"""


async def deploy(host: Installation, folder: Path, number: int) -> None:
    """Deploy one decoy."""
    fleet = folder / "fleet.ini"
    fleet.write_text(FLEET.format(number=number))
    finished = await host.command("deploy", str(fleet), "--yes")
    assert finished.code == 0, finished.stderr.decode()


async def converse(address: str, port: int, said: bytes) -> bytes:
    """Say something and return the first line of the answer."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(said)
        return await asyncio.wait_for(reader.readline(), 30)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_decoys_service_binds_nothing_and_connects_to_the_agent_alone(tmp_path: Path) -> None:
    """Watched by an audit hook of the interpreter from before its first import to its end, over whole sessions."""
    async with prepared(tmp_path / "host") as host:
        for name in ("bus", "agent"):
            await host.supervisor._launch(service(name))
        watched = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WATCHED, env=host.environment, stderr=asyncio.subprocess.PIPE
        )
        try:
            await deploy(host, tmp_path, 1)
            assert await converse("127.79.0.1", 80, b"GET / HTTP/1.0\r\n\r\n")
            assert (await converse("127.79.0.1", 22, b"SSH-2.0-x\r\n")).startswith(b"SSH-2.0-OpenSSH")
        finally:
            watched.send_signal(signal.SIGTERM)
            _, said = await watched.communicate()
    calls = [json.loads(line[5:]) for line in said.decode().splitlines() if line.startswith("CALL ")]
    strangers = [call for call in calls if str(host.config.paths.handover_socket) not in call[1]]
    assert strangers == []
    assert [call[0] for call in calls].count("socket.connect") >= 1


async def test_stop_ends_sessions_and_tells_why(tmp_path: Path) -> None:
    async with prepared(tmp_path / "host") as host:
        await host.supervisor.start()
        await deploy(host, tmp_path, 2)
        reader, writer = await asyncio.open_connection("127.79.0.2", 22)
        assert (await reader.readline()).startswith(b"SSH-2.0-")
        child = host.supervisor.children["decoys"]
        os.kill(child.pid, signal.SIGTERM)
        assert await child.process.wait() == 0
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        lines = [line for path in host.config.paths.spool.glob("*/decoys/*.jsonl") for line in path.read_text().splitlines()]
        closed = [json.loads(line)["body"]["reason"] for line in lines if '"kind":"closed"' in line]
        assert closed == ["shutdown"]


async def test_health_of_the_decoys_service_comes_through_the_agent(tmp_path: Path) -> None:
    async with prepared(tmp_path / "host") as host:
        await host.supervisor.start()
        await deploy(host, tmp_path, 3)
        finished = await host.command("services", "--format", "json")
        health = {row["service"]: row for row in map(json.loads, finished.stdout.splitlines())}
        assert health["decoys"]["state"] == "ok"
        assert health["decoys"]["pid"] == host.supervisor.children["decoys"].pid
