# SPDX-License-Identifier: MIT
"""One process of the bus benchmark: a publisher or a subscriber, over this bus or over NATS with nats-py."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import nats
import orjson

from decnet.bus.client import UnixBus
from decnet.events import EvidenceStored, decode, encode

TOPIC = "evidence.ssh.login"
END = "evidence.end"
PATTERN = "evidence.>"
BODY = b'{"payload":"' + b"x" * 242 + b'"}'
TOPICS = 10_000
RATE = 2000
TURN = 64
"""nats-py sends nothing while its caller never yields; both sides yield after so many messages."""

Taken = Callable[[str, bytes], None]


class Client(Protocol):
    """What a load needs of a bus."""

    async def connect(self) -> None: ...
    async def publish(self, topic: str, body: bytes) -> None: ...
    async def receive(self, pattern: str, taken: Taken, ready: Callable[[], None]) -> None: ...
    async def flush(self) -> None: ...
    async def close(self) -> None: ...


class Ours:
    """The bus of decnet."""

    def __init__(self, address: str) -> None:
        self.bus = UnixBus(Path(address), "load")
        self.task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.task = asyncio.get_running_loop().create_task(self.bus.run())
        await self.bus.connected()
        self.publish = self.bus.publish_raw  # type: ignore[method-assign]  # no call between us and what is measured

    async def publish(self, topic: str, body: bytes) -> None:
        await self.bus.publish_raw(topic, body)

    async def receive(self, pattern: str, taken: Taken, ready: Callable[[], None]) -> None:
        subscription = await self.bus.subscribe(pattern)
        ready()
        async for message in subscription:
            taken(message.topic, message.body)
            if message.topic == END:
                return

    async def flush(self) -> None:
        await self.bus.flush()

    async def close(self) -> None:
        await self.bus.close()


class Nats:
    """nats-server with nats-py."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.client: Any = None

    async def connect(self) -> None:
        self.client = await nats.connect(self.address)
        self.publish = self.client.publish  # type: ignore[method-assign]  # no call between us and what is measured

    async def publish(self, topic: str, body: bytes) -> None:
        await self.client.publish(topic, body)

    async def receive(self, pattern: str, taken: Taken, ready: Callable[[], None]) -> None:
        end = asyncio.get_running_loop().create_future()

        async def take(message: Any) -> None:
            taken(message.subject, message.data)
            if message.subject == END and not end.done():
                end.set_result(None)

        await self.client.subscribe(pattern, cb=take)
        await self.client.flush()
        ready()
        await end

    async def flush(self) -> None:
        await self.client.flush()

    async def close(self) -> None:
        await self.client.close()


CLIENTS: dict[str, Callable[[str], Client]] = {"ours": Ours, "nats": Nats}


def say(result: object) -> None:
    """Tell the benchmark."""
    print(json.dumps(result), flush=True)


def event_of(number: int) -> EvidenceStored:
    """Return an event as the ingester publishes it."""
    return EvidenceStored(
        evidence_id="0190b0b0-0000-7000-8000-000000000000",
        at=datetime.now(UTC),
        host="master",
        decoy="files-01",
        lure="ssh",
        kind="login",
        session=f"{number:016x}",
        address="192.0.2.44",
        port=22,
    )


async def publish_free(client: Client, count: int) -> None:
    """Publish ``count`` messages as fast as it goes."""
    publish = client.publish
    for number in range(count):
        await publish(TOPIC, BODY)
        if not number % TURN:
            await asyncio.sleep(0)


async def publish_typed(client: Client, count: int) -> None:
    """Publish ``count`` events as fast as it goes; they exist already, encoding them is measured."""
    publish, events = client.publish, [event_of(number) for number in range(1000)]
    for number in range(count):
        event = events[number % 1000]
        await publish(event.topic, encode(event))
        if not number % TURN:
            await asyncio.sleep(0)


async def publish_spread(client: Client, count: int) -> None:
    """Publish ``count`` messages over many topics as fast as it goes."""
    publish, topics = client.publish, [f"evidence.t{number}.login" for number in range(TOPICS)]
    for number in range(count):
        await publish(topics[number % TOPICS], BODY)
        if not number % TURN:
            await asyncio.sleep(0)


async def publish_paced(client: Client, count: int) -> None:
    """Publish ``count`` messages at a steady rate, each with the time at which it left."""
    begun = time.perf_counter()
    for number in range(count):
        wait = begun + number / RATE - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        await client.publish(TOPIC, b'{"at":%d,"payload":"%b"}' % (time.perf_counter_ns(), b"x" * 200))


LOADS = {"free": publish_free, "typed": publish_typed, "spread": publish_spread, "paced": publish_paced}


class Tally:
    """What a subscriber counts: messages, first and last time, latencies."""

    def __init__(self, kind: str, decoded: Callable[[bytes], object] | None) -> None:
        self.kind = kind
        self.decoded = decoded
        self.count = 0
        self.first = self.last = 0
        self.latencies: list[int] = []
        self.cpu_before = time.process_time()

    def take(self, topic: str, body: bytes) -> None:
        if topic == END:
            self.last = time.perf_counter_ns()
            return
        if not self.count:
            self.first = time.perf_counter_ns()
        self.count += 1
        if self.decoded is not None:
            self.decoded(body)
        elif self.kind == "paced":
            self.latencies.append(time.perf_counter_ns() - int(body[6 : body.index(b",")]))

    def result(self) -> dict[str, float]:
        seconds = (self.last - self.first) / 1e9
        found = sorted(self.latencies) or [0]
        return {
            "received": self.count,
            "rate": self.count / seconds if seconds else 0.0,
            "p50": found[len(found) // 2] / 1000,
            "p99": found[len(found) * 99 // 100] / 1000,
            "cpu": time.process_time() - self.cpu_before,
        }


async def subscribe(client: Client, system: str, kind: str) -> None:
    """Receive until the end is announced."""
    reader: Callable[[bytes], object] = decode if system == "ours" else orjson.loads
    tally = Tally(kind, reader if kind == "typed" else None)
    await client.receive(PATTERN, tally.take, lambda: say("ready"))
    say(tally.result())


async def publish(client: Client, kind: str, count: int) -> None:
    """Publish when told to, then announce the end."""
    say("ready")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    begun, cpu_before = time.perf_counter(), time.process_time()
    await LOADS[kind](client, count)
    await client.flush()
    seconds = time.perf_counter() - begun
    await client.publish(END, b"{}")
    await client.flush()
    say({"published": count, "rate": count / seconds, "cpu": time.process_time() - cpu_before})


async def main(system: str, address: str, role: str, kind: str, count: int) -> None:
    """Be one process of one run."""
    client = CLIENTS[system](address)
    await client.connect()
    work: Awaitable[None] = subscribe(client, system, kind) if role == "sub" else publish(client, kind, count)
    await work
    await client.close()


if __name__ == "__main__":
    _system, _address, _role, _kind, _count = sys.argv[1:]
    asyncio.run(main(_system, _address, _role, _kind, int(_count)))
