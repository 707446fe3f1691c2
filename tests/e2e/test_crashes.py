# SPDX-License-Identifier: MIT
"""Services are killed at random while attackers are at work: every record that a client completed is stored exactly once."""

import asyncio
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from scripts.lib import supervise
from tests.support.addresses import address
from tests.support.installation import Installation, Place, installed, kept

KILLS = 30
VICTIMS = ("bus", "ingester", "decoys", "agent")
ATTACKERS = 4
FLEET = f"""
[fleet]
name = crash
[decoy front]
archetype = linux-server
address = {address(21)}
lures = ssh, http, redis
"""


@dataclass
class Traffic:
    """What attackers sent: ``completed`` are the marks whose answer arrived, ``refused`` counts closed ports."""

    completed: set[str] = field(default_factory=set)
    begun: int = 0
    refused: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def mark(self) -> str:
        """Return a text that no other request holds."""
        self.begun += 1
        return f"mark-{self.begun:08d}-end"


async def attack_redis(place: Place, mark: str) -> None:
    """Set a key and read the answer."""
    reader, writer = await asyncio.open_connection(place.address, place.port)
    try:
        writer.write(f"SET {mark} x\r\n".encode())
        if await reader.readline() != b"+OK\r\n":
            raise ConnectionResetError
    finally:
        writer.close()


async def attack_http(place: Place, mark: str) -> None:
    """Ask for a page and read all of the answer."""
    reader, writer = await asyncio.open_connection(place.address, place.port)
    try:
        writer.write(f"GET /{mark} HTTP/1.1\r\nHost: {place.address}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        head, _, body = answer.partition(b"\r\n\r\n")
        lengths = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        if lengths != [len(body)]:
            raise ConnectionResetError
    finally:
        writer.close()


async def attack_ssh(place: Place, mark: str) -> None:
    """Try a password and be refused."""
    options = {"known_hosts": None, "client_keys": None, "username": mark, "password": "wrong", "config": None}
    try:
        async with asyncssh.connect(place.address, place.port, preferred_auth="password", **options):
            raise AssertionError("a wrong password was accepted")
    except asyncssh.PermissionDenied:
        return
    except asyncssh.Error as error:
        raise ConnectionResetError from error


ATTACKS: dict[str, Callable[[Place, str], Awaitable[None]]] = {"redis": attack_redis, "http": attack_http, "ssh": attack_ssh}


async def attack(traffic: Traffic, place: Place, once: Callable[[Place, str], Awaitable[None]]) -> None:
    """Attack again and again until told to stop."""
    while not traffic.stopped.is_set():
        mark = traffic.mark()
        try:
            async with asyncio.timeout(30):
                await once(place, mark)
        except ConnectionRefusedError:
            # both holders of the sockets were dead at one moment
            traffic.refused += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await traffic.stopped.wait()
        except (OSError, TimeoutError):
            continue
        else:
            traffic.completed.add(mark)


async def kill(installation: Installation, chance: random.Random, kills: int) -> Counter[str]:
    """Kill random services, each time after a random number of further requests have gone by."""
    killed: Counter[str] = Counter()
    children = installation.supervisor.children
    while killed.total() < kills:
        victim = children[chance.choice(VICTIMS)]
        async with asyncio.timeout(60):
            await victim.ready.wait()
        # the pause is part of the proof: kills land at any moment of the services' work
        await asyncio.wait([asyncio.ensure_future(victim.process.wait())], timeout=chance.uniform(0.05, 1.0))
        if victim.process.returncode is None:
            os.kill(victim.pid, signal.SIGKILL)
            killed[victim.service.name] += 1
            await victim.process.wait()
    return killed


async def stored(installation: Installation) -> Counter[str]:
    """Return how often each mark is in the store, once everything that was spooled is there."""
    async with asyncio.timeout(120):
        while True:
            finished = await installation.command("services", "--format", "json")
            health = {row["service"]: row for row in map(json.loads, finished.stdout.splitlines())}
            if finished.code == 0 and health["ingester"]["lag"] == 0:
                break
    marks: Counter[str] = Counter()
    for row in await installation.rows("evidence", "list", "--limit", "10000000"):
        for kind, text in (("request", "target"), ("command", "command"), ("credential", "username")):
            if row["kind"] == kind and "mark-" in row["body"][text]:
                start = row["body"][text].index("mark-")
                marks[row["body"][text][start : start + 17]] += 1
    return marks


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_nothing_completed_is_lost_or_doubled_by_thirty_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, str], None]
) -> None:
    """The seed is printed with a failure, so that it can be run again."""
    monkeypatch.setattr(supervise, "LAST_PAUSE_SECONDS", 0.5)
    seed = random.SystemRandom().randrange(1 << 32)
    fleet = tmp_path / "fleet.ini"
    fleet.write_text(FLEET)
    traffic = Traffic()
    async with installed(tmp_path / "data", str(fleet)) as installation, kept(installation):
        places = {once: await installation.place(lure) for lure, once in ATTACKS.items()}
        async with asyncio.TaskGroup() as attackers:
            for once, place in places.items():
                for _ in range(ATTACKERS):
                    attackers.create_task(attack(traffic, place, once))
            killed = await kill(installation, random.Random(seed), KILLS)
            traffic.stopped.set()
        marks = await stored(installation)
    told = f"seed {seed}: {traffic.begun} begun, {len(traffic.completed)} completed, {traffic.refused} refused, {dict(killed)}"
    record_property("crashes", told)
    assert traffic.completed - marks.keys() == set(), f"lost; {told}"
    assert {mark: count for mark, count in marks.items() if count > 1} == {}, f"doubled; {told}"
    assert len(traffic.completed) > KILLS, told
