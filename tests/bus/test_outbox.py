# SPDX-License-Identifier: MIT
"""An outbox writes in batches, holds back while the client does not read, and announces what it dropped."""

import asyncio
from typing import Any

import pytest

from decnet.bus.outbox import ANSWERS, Outbox, OutboxLimits


class Written(asyncio.Transport):
    """A transport that remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.chunks: list[bytes] = []

    def write(self, data: Any) -> None:
        """Remember."""
        self.chunks.append(bytes(data))

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Remember how much the outbox wants to be buffered elsewhere."""
        self.limits = (high, low)


class Bench:
    """An outbox with its surroundings."""

    def __init__(self, count: int = 3, size: int = 10**6) -> None:
        self.transport = Written()
        self.scheduled: list[Outbox] = []
        self.outbox = Outbox(
            self.transport,
            OutboxLimits(size=size, count=count),
            schedule=self.scheduled.append,
            announce=lambda count, total: f"<{count}/{total}>".encode(),
        )

    def put(self, *frames: bytes) -> None:
        """Queue frames as one batch."""
        self.outbox.put(frames, sum(map(len, frames)))

    def turn(self) -> None:
        """End a turn of the loop."""
        scheduled = self.scheduled[:]
        self.scheduled.clear()
        for outbox in scheduled:
            outbox.flush()

    @property
    def text(self) -> str:
        """Everything that was written."""
        return b"".join(self.transport.chunks).decode()


@pytest.fixture
async def bench() -> Bench:
    """Return an outbox for three events."""
    return Bench()


async def test_transport_holds_nothing_back_itself(bench: Bench) -> None:
    assert bench.transport.limits == (0, None)


async def test_first_batch_of_a_turn_goes_at_once_and_the_rest_together(bench: Bench) -> None:
    for frame in (b"a", b"b", b"c"):
        bench.put(frame)
    assert bench.transport.chunks == [b"a"]
    assert len(bench.scheduled) == 1
    bench.turn()
    assert bench.transport.chunks == [b"a", b"bc"]
    assert bench.outbox.delivered == 3


async def test_client_that_does_not_read_loses_the_oldest_and_is_told_when_it_reads(bench: Bench) -> None:
    bench.outbox.pause()
    for number in range(10):
        bench.put(str(number).encode())
        bench.turn()
    assert bench.text == ""
    assert (bench.outbox.waiting, bench.outbox.dropped) == (3, 7)
    bench.outbox.resume()
    assert bench.text == "<7/7>789"
    bench.put(b"x")
    bench.turn()
    assert bench.text == "<7/7>789x", "once is enough"


async def test_newest_event_stays_even_when_it_is_larger_than_the_queue() -> None:
    bench = Bench(size=5)
    bench.outbox.pause()
    bench.put(b"a")
    bench.put(b"larger than five")
    assert (bench.outbox.waiting, bench.outbox.dropped) == (1, 1)


async def test_answers_are_never_dropped_and_are_bounded(bench: Bench) -> None:
    bench.outbox.pause()
    assert all(bench.outbox.answer(b"!") for _ in range(ANSWERS))
    assert not bench.outbox.answer(b"!")
    bench.put(b"a", b"b", b"c", b"d")
    bench.outbox.resume()
    assert bench.text == "!" * ANSWERS + "<1/1>bcd"


async def test_reader_who_falls_behind_asks_for_a_moment_and_one_who_does_not_read_never_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(count=8)
    bench.outbox.pause()
    assert not any(bench.outbox.put((b"a",), 1) for _ in range(8)), "it never read anything"
    bench.outbox.resume()
    bench.outbox.pause()
    assert [bench.outbox.put((b"a",), 1) for _ in range(6)] == [False] * 4 + [True] * 2
    monkeypatch.setattr("decnet.bus.outbox.READS_SECONDS", 0.0)
    assert not bench.outbox.put((b"a",), 1), "it has not read for too long"


async def test_discarded_outbox_writes_nothing_more(bench: Bench) -> None:
    bench.outbox.pause()
    bench.put(b"a")
    bench.outbox.discard()
    bench.put(b"b")
    bench.turn()
    assert bench.text == ""
