# SPDX-License-Identifier: MIT
"""Real processes: whatever is killed, the live feed tells of every record once, and whoever is logged in stays."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.support.addresses import address
from tests.support.apis import answering, dialling, problem_of, sent
from tests.support.installation import Installation, installed

RECORDS = 30
DEADLINE_SECONDS = 60
FLEET = f"""
[fleet]
name = api
[decoy front]
archetype = linux-server
address = {address(31)}
lures = redis
"""


@pytest_asyncio.fixture
async def decnet(tmp_path: Path) -> AsyncIterator[Installation]:
    """Run a master with one decoy that speaks redis."""
    fleet = tmp_path / "fleet.ini"
    fleet.write_text(FLEET)
    async with installed(tmp_path / "x", str(fleet)) as found:
        yield found


@dataclass
class Follower:
    """Follows the live feed as a browser does, and notes each record that it is told of."""

    installation: Installation
    token: str
    heard: list[str] = field(default_factory=list)
    gaps: int = 0
    last: str = ""
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Reconnect for ever."""
        while True:
            with suppress(httpx.TransportError, httpx.RemoteProtocolError):
                await self._follow()
            await asyncio.sleep(0)

    async def _follow(self) -> None:
        headers = {"authorization": f"Bearer {self.token}"} | ({"last-event-id": self.last} if self.last else {})
        async with (
            dialling(self.installation.config.paths.api_socket, headers) as client,
            client.stream("GET", "/events", params={"detail": "evidence"}) as response,
            aclosing(sent(response)) as events,
        ):
            async for event in events:
                self.last = event.id or self.last
                self.gaps += event.event == "gap"
                if event.event == "EvidenceStored" and event.data["payload"]["kind"] == "command":
                    self.heard.append(event.data["evidence"]["summary"])
                self.woken.set()


async def attack(installation: Installation, number: int) -> None:
    """Send one command to the decoy."""
    place = await installation.place("redis")
    reader, writer = await asyncio.open_connection(place.address, place.port)
    writer.write(f"ECHO mark-{number:04}\r\n".encode())
    await reader.readline()
    writer.close()


async def token(installation: Installation) -> str:
    """Return what a program with all rights shows."""
    finished = await installation.command("admin", "token", "create", "test", "--role", "admin")
    assert finished.code == 0, finished.stderr
    return finished.stdout.decode().strip()


def kill(installation: Installation, name: str) -> None:
    """Kill a service as a power cut would."""
    os.kill(installation.supervisor.children[name].pid, signal.SIGKILL)


@pytest.mark.client
async def test_feed_tells_each_record_once_while_bus_and_api_are_killed(decnet: Installation) -> None:
    follower = Follower(decnet, await token(decnet))
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(decnet.supervisor.keep()), tasks.create_task(follower.run())]
        async with asyncio.timeout(DEADLINE_SECONDS):
            await follower.woken.wait()
            for number in range(RECORDS):
                if number % 6 == 2:
                    kill(decnet, ("bus", "api")[number % 4 // 2])
                await attack(decnet, number)
            while f"mark-{RECORDS - 1:04}" not in " ".join(follower.heard):
                follower.woken.clear()
                await follower.woken.wait()
        for task in running:
            task.cancel()
    marks = [word for summary in follower.heard for word in summary.replace('"', " ").split() if word.startswith("mark-")]
    assert marks == [f"mark-{number:04}" for number in range(RECORDS)]
    assert follower.gaps == 0


@pytest.mark.client
async def test_session_outlives_the_death_of_the_api(decnet: Installation) -> None:
    first = (await decnet.command("admin", "password")).stdout.decode().strip()
    socket = decnet.config.paths.api_socket
    async with dialling(socket) as client:
        await client.post("/login", json={"username": "admin", "password": first})
        changed = await client.post("/me/password", json={"current": first, "new": "a password of my own"})
        cookie = changed.headers["set-cookie"].partition(";")[0]
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(decnet.supervisor.keep())
        kill(decnet, "api")
        async with asyncio.timeout(DEADLINE_SECONDS), dialling(socket, {"cookie": cookie}) as client:
            await answering(client)
            assert (await client.get("/me")).json()["name"] == "admin"
            assert problem_of(await client.post("/login", json={"username": "admin", "password": first}), 401)
        keeping.cancel()


@pytest.mark.client
async def test_decoy_that_was_asked_for_over_the_api_is_there(decnet: Installation) -> None:
    headers = {"authorization": f"Bearer {await token(decnet)}"}
    async with asyncio.timeout(DEADLINE_SECONDS), dialling(decnet.config.paths.api_socket, headers) as client:
        asked = (await client.post("/decoys/apply", json={"archetype": "linux-server", "count": 2})).json()
        while True:
            fleet = (await client.get("/decoys")).json()
            if fleet["applied_revision"] >= asked["revision"] and fleet["up"] == 3:
                break
        assert fleet["is_agent_running"]
        gone = await client.post("/decoys/teardown", json={"names": ["linux-server"]})
        while (await client.get("/decoys")).json()["applied_revision"] < gone.json()["revision"]:
            pass
        assert [decoy["name"] for decoy in (await client.get("/decoys")).json()["decoys"]] == ["front"]
        while {row["state"] for row in (await client.get("/services")).json()["items"]} != {"ok"}:
            pass


@pytest.mark.client
async def test_api_at_rest_takes_no_more_memory_than_it_may(decnet: Installation) -> None:
    """What it did before counts: lists, passwords, a plan, its document."""
    headers = {"authorization": f"Bearer {await token(decnet)}"}
    async with dialling(decnet.config.paths.api_socket, headers) as client:
        for path in ("/evidence", "/sessions", "/attackers", "/decoys", "/services", "/touches", "/openapi.json"):
            assert (await client.get(path)).is_success
        for _ in range(3):
            problem_of(await client.post("/login", json={"username": "admin", "password": "wrong password"}), 401)
        assert (await client.post("/decoys/plan", json={"archetype": "linux-server", "count": 3})).is_success
    assert proportional_kib(decnet.supervisor.children["api"].pid) <= 65 * 1024


def proportional_kib(pid: int) -> int:
    """Return the memory that a process takes, what it shares divided (proc(5), smaps_rollup)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
