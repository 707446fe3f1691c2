# SPDX-License-Identifier: MIT
"""The agent makes what the store says, goes on where it was after a crash, and no client is refused meanwhile."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from decnet.domain.evidence import Request
from decnet.engine.report import AgentReport, read
from tests.support.handover import new_key, until
from tests.support.hosts import kill, prepared, start
from tests.support.installation import Installation
from tests.support.spools import records_in

pytestmark = pytest.mark.client

FLEET = """
[fleet]
name = test
[decoy web]
archetype = web-server
address = {address}
lures = http
[decoy web/http]
port = 8080
"""


@pytest.fixture
def address() -> str:
    """Return a loopback address of this test alone."""
    return new_key().address


@pytest.fixture
async def host(tmp_path: Path, address: str) -> AsyncIterator[Installation]:
    """Return a host with one decoy that is up."""
    fleet = tmp_path / "fleet.ini"
    fleet.write_text(FLEET.format(address=address))
    async with prepared(tmp_path / "host") as host:
        await host.supervisor.start()
        finished = await host.command("deploy", str(fleet), "--yes")
        assert finished.code == 0, finished.stderr.decode()
        yield host


async def get(address: str, path: str) -> bytes:
    """Return the first line of the whole answer to a request."""
    reader, writer = await asyncio.open_connection(address, 8080)
    try:
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 30)
    finally:
        writer.transport.abort()
    return answer.split(b"\r\n", 1)[0]


def requested(host: Installation) -> list[str]:
    """Return the paths of all requests in the spool."""
    return [one.body.target for one in records_in(host.config.paths) if isinstance(one.body, Request)]


async def test_decoy_answers_while_the_agent_is_dead_and_after_it_came_back(host: Installation, address: str) -> None:
    await kill(host, "agent")
    assert (await get(address, "alone")).startswith(b"HTTP/1.1 ")
    await start(host, "agent")
    finished = await host.command("deploy", "--decoys", "1", "--archetype", "database-server", "--yes")
    assert finished.code == 0, finished.stderr.decode()
    assert (await get(address, "after")).startswith(b"HTTP/1.1 ")
    assert requested(host) == ["/alone", "/after"]


async def test_client_that_comes_while_the_decoys_service_is_dead_waits_and_is_served(host: Installation, address: str) -> None:
    await kill(host, "decoys")
    waiting = [asyncio.get_running_loop().create_task(get(address, f"waited-{number}")) for number in range(20)]
    await start(host, "decoys")
    answers = await asyncio.gather(*waiting)
    assert all(answer.startswith(b"HTTP/1.1 ") for answer in answers)
    assert sorted(requested(host)) == sorted(f"/waited-{number}" for number in range(20))


@dataclass
class Traffic:
    """What attackers asked for and got."""

    answered: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    stopped: bool = False

    async def attack(self, address: str, number: int) -> None:
        """Ask again and again until told to stop; what was cut in the middle is not asked again."""
        for count in itertools.count():
            if self.stopped:
                return
            path = f"{number}-{count}"
            try:
                if (await get(address, path)).startswith(b"HTTP/1.1 "):
                    self.answered.add(f"/{path}")
            except ConnectionRefusedError:
                self.refused.append(path)
            except (ConnectionError, TimeoutError):
                continue


async def test_nothing_is_refused_or_lost_while_both_are_killed_again_and_again(host: Installation, address: str) -> None:
    """Everything that was answered is in the spool exactly once."""
    traffic = Traffic()
    async with asyncio.TaskGroup() as attackers:
        for number in range(3):
            attackers.create_task(traffic.attack(address, number))
        for victim in ("agent", "decoys", "decoys", "agent", "agent", "decoys"):
            enough = len(traffic.answered) + 20
            await kill(host, victim)
            await start(host, victim)
            await until(lambda enough=enough: len(traffic.answered) >= enough)  # type: ignore[misc]  # bound on purpose
        traffic.stopped = True
    written = requested(host)
    assert traffic.refused == []
    assert traffic.answered - set(written) == set()
    assert len(written) == len(set(written))


async def test_both_killed_at_once_come_back_by_themselves(host: Installation, address: str) -> None:
    await asyncio.gather(kill(host, "agent"), kill(host, "decoys"))
    with pytest.raises(ConnectionRefusedError):
        await get(address, "nobody")
    await start(host, "agent")
    await start(host, "decoys")
    finished = await host.command("deploy", "--decoys", "1", "--archetype", "database-server", "--yes")
    assert finished.code == 0, finished.stderr.decode()
    assert (await get(address, "back")).startswith(b"HTTP/1.1 ")


async def test_agent_starts_without_its_store_from_what_it_was_asked_for_last(host: Installation, address: str) -> None:
    await kill(host, "agent")
    await kill(host, "decoys")
    host.config.paths.store.rename(host.config.paths.store.with_suffix(".away"))
    await start(host, "agent")
    await start(host, "decoys")
    assert (await get(address, "from-memory")).startswith(b"HTTP/1.1 ")


async def test_report_tells_the_process_that_serves(host: Installation) -> None:
    report = read(host.config.paths.agent / "decoys.json", AgentReport)
    assert report is not None
    assert report.decoys_pid == host.supervisor.children["decoys"].pid
    assert [decoy.state for decoy in report.decoys] == ["up"]


async def test_second_agent_is_refused_with_the_process_of_the_first(host: Installation) -> None:
    finished = await host.command("agent")
    assert finished.code == 6
    assert re.search(rb"another agent is already running: process \d+", finished.stderr)
