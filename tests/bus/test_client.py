# SPDX-License-Identifier: MIT
"""The client comes back by itself, subscribes again, says that something may have been missed, and counts what it lost."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from decnet.bus.bus import Bus, Subscription
from decnet.bus.client import UnixBus
from decnet.bus.policy import NOBODY, OBSERVER, OPERATOR, Policy
from decnet.bus.wire import frame_of
from decnet.errors import BusError
from decnet.events import FleetChanged
from decnet.runtime.main import _exit_code
from decnet.runtime.runner import Runner
from decnet.runtime.worker import Worker, on
from tests.support.buses import DEADLINE_SECONDS, first, publish_numbers, serving, take
from tests.support.workers import config, connected

SERVER = """
import asyncio, sys
from pathlib import Path
from decnet.bus.endpoint import Endpoint
from decnet.bus.server import BusServer
from decnet.config.model import Bus

async def main():
    server = BusServer(Endpoint(Path(sys.argv[1])), Bus())
    await server.start({})
    print("listening", flush=True)
    await server.run()

asyncio.run(main())
"""
ECHO = """
import asyncio, sys
from pathlib import Path
from decnet.bus.client import UnixBus

async def main():
    bus = UnixBus(Path(sys.argv[1]), "echo")
    async def tell():
        print("listening", flush=True)
    bus.on_gap(tell)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.run())
        questions = await bus.subscribe("ask.>")
        await tell()
        async for message in questions:
            await bus.publish_raw("answer", message.body)

asyncio.run(main())
"""


class Gaps:
    """A hook that a test can wait for."""

    def __init__(self, bus: Bus) -> None:
        self.count = 0
        self._called = asyncio.Event()
        bus.on_gap(self)

    async def __call__(self) -> None:
        """Count."""
        self.count += 1
        self._called.set()

    async def wait(self) -> None:
        """Wait for the next call."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._called.wait()
        self._called.clear()


@asynccontextmanager
async def process(script: str, path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a script until the block ends."""
    running = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(path), stdout=asyncio.subprocess.PIPE)
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def heard(running: asyncio.subprocess.Process) -> bytes:
    """Return the next line that a process prints."""
    assert running.stdout is not None
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await running.stdout.readline()


async def test_client_may_be_used_before_there_is_a_server(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    bus = UnixBus(path, "early")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bus.run())
        await bus.publish(FleetChanged(revision=1))
        assert bus.counters["dropped"] == 1
        subscribing = tasks.create_task(bus.subscribe("a"))
        async with serving(path), connected(UnixBus(path, "other")) as other:
            async with asyncio.timeout(DEADLINE_SECONDS):
                subscription = await subscribing
            await publish_numbers(other, "a", range(1))
            assert await take(subscription, 1) == [0]
            await bus.close()
        running.cancel()
    assert bus.counters["reconnects"] == 0


async def test_client_subscribes_again_after_a_restart_and_calls_its_hooks(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with asyncio.TaskGroup() as tasks:
        subscriber, publisher = UnixBus(path, "subscriber"), UnixBus(path, "publisher")
        gaps, others = Gaps(subscriber), Gaps(publisher)
        running = [tasks.create_task(bus.run()) for bus in (subscriber, publisher)]
        async with serving(path):
            kept, closed = await subscriber.subscribe("a"), await subscriber.subscribe("b")
            await closed.close()
            await publisher.connected()
            await publish_numbers(publisher, "a", range(1))
            assert await take(kept, 1) == [0]
            assert gaps.count == 0
        async with serving(path) as server:
            await gaps.wait()
            await others.wait()
            assert len(server._routes) == 1, "what was closed is not subscribed again"
            await publish_numbers(publisher, "a", range(1, 2))
            assert await take(kept, 1) == [1]
            for bus in (subscriber, publisher):
                await bus.close()
        for task in running:
            task.cancel()
    assert (gaps.count, subscriber.counters["reconnects"]) == (1, 1)


async def test_publishing_while_away_is_counted_and_lets_others_work(tmp_path: Path) -> None:
    bus = UnixBus(tmp_path / "bus.sock", "lonely")
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with asyncio.TaskGroup() as tasks:
        turning = tasks.create_task(turn())
        await publish_numbers(bus, "a", range(100))
        turning.cancel()
    assert bus.counters["dropped"] == 100
    assert bus.counters["published"] == 0
    assert turns >= 99


async def test_refused_subscription_raises_and_the_others_come_back(tmp_path: Path) -> None:
    """Refused by the server, not by the client's own look at the catalogue."""
    path = tmp_path / "bus.sock"
    async with (
        serving(path, patterns=1),
        connected(UnixBus(path, "greedy")) as greedy,
        connected(UnixBus(path, "other")) as other,
    ):
        gaps = Gaps(greedy)
        kept = await greedy.subscribe("a")
        with pytest.raises(BusError, match="at most 1 patterns"):
            await greedy.subscribe("b")
        await gaps.wait()
        await publish_numbers(other, "a", range(1))
        assert await take(kept, 1) == [0]


async def test_established_subscription_that_is_refused_after_a_restart_ends_with_the_error(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    bus = UnixBus(path, "greedy")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bus.run())
        async with serving(path):
            kept, lost = await bus.subscribe("a"), await bus.subscribe("b")
        async with serving(path, patterns=1), connected(UnixBus(path, "other")) as other:
            with pytest.raises(BusError, match="at most 1 patterns"):
                await first(lost)
            await Gaps(bus).wait()
            await publish_numbers(other, "a", range(1))
            assert await take(kept, 1) == [0]
            await bus.close()
        running.cancel()


async def test_flush_raises_what_the_server_refused(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path) as server:
        bus = UnixBus(path, "writer")
        async with connected(bus):
            await publish_numbers(bus, "a", range(1))
            await bus.flush()
            (connection,) = server.connections
            connection.policy = OBSERVER
            await publish_numbers(bus, "b", range(1))
            with pytest.raises(BusError, match="a member of the group may not publish b"):
                await bus.flush()
    with pytest.raises(BusError, match="away"):
        await bus.flush()


async def test_refused_topic_costs_the_connection_once_and_then_only_its_publisher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a timer that publishes what it may not would keep the client reconnecting, and its subscriptions deaf."""
    path = tmp_path / "bus.sock"
    with monkeypatch.context() as patched:
        patched.setattr("decnet.bus.connection.policy.of_peer", lambda *_, claimed, **__: of_client_or_observer(claimed))
        async with (
            serving(path) as server,
            connected(UnixBus(path, "watcher")) as watcher,
            connected(UnixBus(path, "other")) as other,
        ):
            gaps = Gaps(watcher)
            kept = await watcher.subscribe("a")
            await watcher.publish_raw("b", b"{}")
            await gaps.wait()
            for _ in range(100):
                with pytest.raises(BusError, match="a member of the group may not publish b"):
                    await watcher.publish_raw("b", b"{}")
            await publish_numbers(other, "a", range(1))
            assert await take(kept, 1) == [0]
            assert (watcher.counters["reconnects"], server.measure().refused) == (1, 1)


def of_client_or_observer(claimed: str) -> Policy:
    """Return the policy of a server that lets everybody but the watcher do everything."""
    return OBSERVER if claimed == "watcher" else OPERATOR


async def test_another_server_may_allow_what_the_last_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    bus = UnixBus(path, "writer")
    gaps = Gaps(bus)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bus.run())
        async with serving(path) as server:
            await bus.connected()
            (connection,) = server.connections
            connection.policy = OBSERVER
            await bus.publish_raw("b", b"{}")
            await gaps.wait()
            with pytest.raises(BusError, match="may not publish b"):
                await bus.publish_raw("b", b"{}")
        async with serving(path) as server:
            await gaps.wait()
            await bus.publish_raw("b", b"{}")
            await bus.flush()
            assert server.measure().refused == 0
            await bus.close()
        running.cancel()


async def test_service_whose_handler_is_refused_ends_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It neither reconnects for ever nor goes on deaf: the error is logged and is the exit code, and systemd shows both."""
    layout = config(tmp_path)
    layout.paths.bus_socket.parent.mkdir(parents=True)
    monkeypatch.setattr("decnet.bus.connection.policy.of_peer", lambda *_, **__: NOBODY)
    async with serving(layout.paths.bus_socket) as server:
        monkeypatch.setattr("decnet.bus.client.policy.of_client", lambda _: OPERATOR)
        runner = Runner(Deaf(layout, UnixBus(layout.paths.bus_socket, "agent")), lambda: layout)
        with pytest.raises(BaseExceptionGroup) as raised:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await runner.run()
        assert server.measure().refused <= 2
    assert _exit_code("agent", raised.value) == BusError.exit_code
    assert "agent cannot go on: an unknown service may not" in caplog.text


class Deaf(Worker):
    """A worker whose catalogue row does not grant what it subscribes."""

    name = "agent"

    @on(FleetChanged)
    async def hear(self, event: FleetChanged) -> None:
        """Never called."""


async def test_cancelled_subscribe_leaves_no_subscription(tmp_path: Path) -> None:
    bus = UnixBus(tmp_path / "bus.sock", "impatient")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await bus.subscribe("a")
    assert bus._inbox.patterns == []


async def test_close_ends_a_subscribe_that_waits_for_the_server(tmp_path: Path) -> None:
    bus = UnixBus(tmp_path / "bus.sock", "patient")
    async with asyncio.TaskGroup() as tasks:
        subscribing = tasks.create_task(expect_closed(bus))
        await asyncio.sleep(0)
        await bus.close()
        await subscribing


async def expect_closed(bus: Bus) -> None:
    """Subscribe to a bus that is closed meanwhile."""
    with pytest.raises(BusError, match="was closed"):
        await bus.subscribe("a")


async def test_server_that_breaks_the_protocol_is_left(tmp_path: Path) -> None:
    """The client does not trust the server's bytes either."""
    path = tmp_path / "bus.sock"
    visits = 0
    again = asyncio.Event()

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        await reader.readuntil(b"\n")
        writer.write(frame_of("HELLO", "x", b"{}") + b"EVT nonsense\n\0\0\0\0")
        if visits > 1:
            again.set()
        await reader.read()
        writer.transport.abort()

    server = await asyncio.start_unix_server(babble, str(path))
    bus = UnixBus(path, "victim")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bus.run())
        async with asyncio.timeout(DEADLINE_SECONDS):
            await again.wait()
        await bus.close()
        running.cancel()
    server.close()
    await server.wait_closed()


@pytest.mark.client
async def test_clients_come_back_by_themselves_when_the_server_is_killed(tmp_path: Path) -> None:
    """Real processes, kill -9, three times over."""
    path = tmp_path / "bus.sock"
    asker = UnixBus(path, "asker")
    gaps = Gaps(asker)
    answers: Subscription | None = None
    async with asyncio.TaskGroup() as tasks, process(ECHO, path) as echo:
        running = tasks.create_task(asker.run())
        for life in range(3):
            async with process(SERVER, path) as server:
                assert await heard(server) == b"listening\n"
                if life:
                    await gaps.wait()
                answers = answers or await asker.subscribe("answer")
                assert await asked(asker, echo, answers, life) == life
                server.send_signal(signal.SIGKILL)
                await server.wait()
        await asker.close()
        running.cancel()
    assert asker.counters["reconnects"] == 2


async def asked(bus: Bus, echo: asyncio.subprocess.Process, answers: Subscription, number: int) -> int:
    """Ask the other process once it says that it hears again."""
    assert await heard(echo) == b"listening\n"
    await publish_numbers(bus, "ask.me", range(number, number + 1))
    return (await take(answers, 1))[0]
