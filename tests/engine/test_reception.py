# SPDX-License-Identifier: MIT
"""Attackers are received within bounds, each session is recorded from its opening to its end, and none harms another."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from decnet.config.model import Lures
from decnet.domain.evidence import Closed, Command, Endpoint
from decnet.domain.persona import Decoy
from decnet.engine.listener import open_listener
from decnet.engine.messages import Key
from decnet.engine.reception import SHOWN_BYTES, Reception
from decnet.errors import HostError, PlanError
from decnet.lures.lure import Loan, Lure, Session
from decnet.runtime.guard import guarded
from decnet.runtime.worker import Counters
from tests.support.handover import new_key, open_files, post, until
from tests.support.lures import MemoryPen


class Echo:
    """Answers lines; some of them are orders."""

    name: ClassVar[str] = "echo"

    def __init__(self, decoy: Decoy, options: Any) -> None:
        self.greeting = options.get("greeting", "")
        del decoy

    async def serve(self, session: Session) -> None:
        """Echo until the client leaves."""
        reader, writer = await session.open_stream()
        writer.write(self.greeting.encode())
        while line := await reader.readline():
            if not session.count(received=len(line)):
                return
            session.record(Command(command=line.decode().strip()))
            if line == b"crash\n":
                raise RuntimeError("as ordered\udcff")
            if line == b"babble\n":
                raise RuntimeError("x" * 1_000_000)
            if line == b"large\n":
                writer.write(b"x" * 30_000_000)
                return
            session.count(sent=len(line))
            writer.write(line)
            await writer.drain()


class Raw(Echo):
    """Reads the socket itself and leaves it open when it goes."""

    async def serve(self, session: Session) -> None:
        """Take one message."""
        await asyncio.get_running_loop().sock_recv(session.connection, 100)


@dataclass
class Front:
    """A reception that runs."""

    reception: Reception
    key: Key
    pen: MemoryPen
    counters: Counters
    reports: dict[Key, str] = field(default_factory=dict)

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect as a client."""
        return await asyncio.open_connection(*self.key)

    def ends(self) -> list[str]:
        """Return why sessions ended."""
        return [body.reason for body in self.pen.bodies("closed")]

    async def ended(self, count: int = 1) -> list[str]:
        """Wait for sessions to end."""
        await until(lambda: len(self.ends()) >= count)
        return self.ends()


def built(name: str, decoy: Decoy, options: dict[str, str]) -> Lure:
    """Build the lures of these tests."""
    if name == "broken":
        raise PlanError("that lure cannot be")
    if name == "bug":
        raise ZeroDivisionError
    return Raw(decoy, options) if name == "raw" else Echo(decoy, options)


async def nothing(_: Key, __: float) -> Loan:
    """Lend no sockets."""
    raise HostError("there are none")


@asynccontextmanager
async def receiving(lure: str = "echo", *, key: Key | None = None, **limits: Any) -> AsyncIterator[Front]:
    """Receive on one socket until the block ends."""
    counters, pen, key = Counters(), MemoryPen(), key or new_key()
    reports: dict[Key, str] = {}

    async def guard(work: Awaitable[None], what: str) -> bool:
        return await guarded(work, counters, what)

    async def report(place: Key, reason: str) -> None:
        reports[place] = reason

    reception = Reception(limits=Lures(**limits), pen=pen, build=built, guard=guard, report=report, lend=nothing)
    with open_listener(key) as listener:
        running = asyncio.get_running_loop().create_task(reception.run(lambda: reception.put(post(key, "web", lure), listener)))
        await until(lambda: key in reports)
        try:
            yield Front(reception, key, pen, counters, reports)
        finally:
            running.cancel()
            [outcome] = await asyncio.gather(running, return_exceptions=True)
            assert isinstance(outcome, asyncio.CancelledError), outcome


async def test_session_is_recorded_from_its_opening_to_its_end() -> None:
    async with receiving() as front:
        reader, writer = await front.dial()
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        assert await front.ended() == ["client"]
        assert [body.kind for _, body, _ in front.pen.records] == ["opened", "command", "closed"]
        (closed,) = front.pen.bodies("closed")
        assert (closed.received, closed.sent) == (6, 6)
        origins = {origin for origin, _, _ in front.pen.records}
        (origin,) = origins
        assert (origin.decoy, origin.lure, origin.local) == (
            "web",
            "echo",
            Endpoint(address=front.key.address, port=front.key.port),
        )
        assert front.reception.sessions == 0


async def test_opening_is_recorded_before_the_client_hears_anything() -> None:
    async with receiving() as front:
        reader, writer = await front.dial()
        await until(lambda: bool(front.pen.records))
        assert front.pen.bodies("opened")
        writer.close()
        assert await reader.read() == b""


async def test_ipv6_is_received_and_ipv4_in_ipv6_is_told_as_ipv4() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as probe:
        key = Key("::1", probe.getsockname()[1])
    async with receiving(key=key) as front:
        _, writer = await front.dial()
        writer.close()
        await front.ended()
        assert front.pen.records[0][0].peer.address == "::1"


async def test_more_clients_of_one_address_than_allowed_are_turned_away_and_recorded() -> None:
    async with receiving(connections_per_peer=2) as front:
        kept = [await front.dial() for _ in range(2)]
        await until(lambda: front.reception.sessions == 2)
        reader, writer = await front.dial()
        assert await reader.read() == b""
        writer.close()
        assert await front.ended() == ["busy"]
        assert front.reception.counters["busy"] == 1
        kept[0][1].close()
        await front.ended(2)
        reader, writer = await front.dial()
        writer.write(b"x\n")
        assert await reader.readline() == b"x\n"
        for _, other in (*kept, (reader, writer)):
            other.close()


async def test_more_clients_than_allowed_in_all_are_turned_away() -> None:
    async with receiving(connections=1) as front:
        _, kept = await front.dial()
        await until(lambda: front.reception.sessions == 1)
        reader, writer = await front.dial()
        assert await reader.read() == b""
        writer.close()
        kept.close()
        assert "busy" in await front.ended()


async def test_silent_client_does_not_keep_another_from_being_served() -> None:
    async with receiving() as front:
        silent = [await front.dial() for _ in range(20)]
        reader, writer = await front.dial()
        writer.write(b"x\n")
        assert await reader.readline() == b"x\n"
        for _, other in (*silent, (reader, writer)):
            other.close()
        await front.ended(21)


async def test_session_ends_when_its_time_is_over() -> None:
    async with receiving(session_seconds=0.05) as front:
        reader, writer = await front.dial()
        assert await reader.read() == b""
        assert await front.ended() == ["time"]
        writer.close()


async def test_session_ends_when_it_sent_too_much() -> None:
    async with receiving(session_bytes=10) as front:
        reader, writer = await front.dial()
        writer.write(b"x" * 20 + b"\n")
        assert await reader.read() == b""
        assert await front.ended() == ["bytes"]
        writer.close()


async def test_lure_that_fails_ends_one_session_and_is_counted() -> None:
    async with receiving() as front:
        reader, writer = await front.dial()
        other_reader, other = await front.dial()
        writer.write(b"crash\n")
        assert await reader.read() == b""
        assert await front.ended() == ["error"]
        assert front.counters.failed == 1
        [told] = front.pen.bodies("violation")
        assert (told.reason, told.data) == ("internal error: RuntimeError", "RuntimeError: as ordered\\udcff")
        other.write(b"still here\n")
        assert await other_reader.readline() == b"still here\n"
        for each in (writer, other):
            each.close()


async def test_long_message_of_a_failure_is_bounded_and_is_recorded_before_the_end() -> None:
    async with receiving() as front:
        _, writer = await front.dial()
        writer.write(b"babble\n")
        await front.ended()
        assert [body.kind for _, body, _ in front.pen.records] == ["opened", "command", "violation", "closed"]
        assert len(front.pen.bodies("violation")[0].data) == SHOWN_BYTES
        writer.close()


async def test_client_that_resets_the_connection_is_no_failure() -> None:
    async with receiving() as front:
        _, writer = await front.dial()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        await until(lambda: front.reception.sessions == 1)
        writer.transport.abort()
        assert await front.ended() == ["client"]
        assert front.counters.failed == 0


async def test_last_answer_arrives_although_the_lure_has_left() -> None:
    async with receiving() as front:
        reader, writer = await front.dial()
        writer.write(b"large\n")
        assert len(await reader.read()) == 30_000_000
        writer.close()
        await front.ended()


async def test_socket_that_a_lure_left_open_is_closed() -> None:
    before = open_files()
    async with receiving("raw") as front:
        reader, writer = await front.dial()
        writer.write(b"x")
        assert await reader.read() == b""
        writer.close()
        await front.ended()
    assert open_files() == before


async def test_lure_that_cannot_be_built_turns_clients_away_and_says_why() -> None:
    async with receiving("broken") as front:
        assert front.reports[front.key] == "that lure cannot be"
        reader, writer = await front.dial()
        assert await reader.read() == b""
        writer.close()
        assert await front.ended() == ["error"]


async def test_lure_whose_building_fails_unexpectedly_is_reported_and_nothing_else_notices() -> None:
    async with receiving("bug") as front:
        assert "cannot be built" in front.reports[front.key]
        assert front.counters.failed == 1


async def test_another_task_is_for_the_clients_that_come_from_now_on() -> None:
    async with receiving() as front:
        old_reader, old = await front.dial()
        await until(lambda: front.reception.sessions == 1)
        del front.reports[front.key]
        front.reception.put(post(front.key, "web", "echo", greeting="new\n"), front.reception._doors[front.key].listener)
        await until(lambda: front.key in front.reports)
        reader, writer = await front.dial()
        assert await reader.readline() == b"new\n"
        old.write(b"old\n")
        assert await old_reader.readline() == b"old\n"
        old.close()
        writer.close()
        await front.ended(2)


async def test_dropped_socket_ends_its_sessions() -> None:
    async with receiving() as front:
        reader, writer = await front.dial()
        await until(lambda: front.reception.sessions == 1)
        await front.reception.drop([front.key])
        assert await reader.read() == b""
        assert await front.ended() == ["shutdown"]
        writer.close()


async def test_stop_lets_a_session_finish_and_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decnet.engine.reception.GRACE_SECONDS", 0.1)
    async with receiving() as front:
        reader, writer = await front.dial()
        await until(lambda: front.reception.sessions == 1)
    assert front.ends() == ["shutdown"]
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


class Starving:
    """A listening socket of a process that has no file left, for a while."""

    def __init__(self, listener: socket.socket, failures: list[int]) -> None:
        self.listener = listener
        self.failures = failures

    def fileno(self) -> int:
        """Return the real descriptor."""
        return self.listener.fileno()

    def accept(self) -> tuple[socket.socket, Any]:
        """Fail as often as was asked for."""
        if self.failures:
            raise OSError(self.failures.pop(), "as ordered")
        return self.listener.accept()


@pytest.mark.parametrize("failures", [[errno.EMFILE], [errno.ENFILE, errno.ENOMEM], [errno.ECONNABORTED, errno.EPROTO]])
async def test_accepting_goes_on_after_the_kernel_refused(failures: list[int]) -> None:
    async with receiving() as front:
        door = front.reception._doors[front.key]
        door.listener = Starving(door.listener, failures)  # type: ignore[assignment]  # stands in for a socket
        reader, writer = await front.dial()
        writer.write(b"x\n")
        assert await asyncio.wait_for(reader.readline(), 20) == b"x\n"
        assert failures == []
        writer.close()
        await front.ended()


async def test_many_sessions_leave_no_open_file() -> None:
    before = open_files()
    async with receiving() as front:
        for _ in range(50):
            reader, writer = await front.dial()
            writer.write(b"x\n")
            await reader.readline()
            writer.close()
            await writer.wait_closed()
        await front.ended(50)
        assert all(isinstance(body, Closed) for body in front.pen.bodies("closed"))
    assert open_files() == before
