# SPDX-License-Identifier: MIT
"""
What waits to be sent to one client.

A batch that comes alone is written at once; those of a burst are written together, once for each turn of the event loop. While
the client does not read, events wait here: bounded by bytes and by count, the oldest goes first and is counted, and the client
is told how many it missed as soon as it reads again. Answers to the client's own requests are never dropped: who asks
without reading is cut off.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from decnet.bus.backlog import Backlog

CHUNK_BYTES: Final = 256 * 1024
BURST_SECONDS: Final = 0.0002
"""What comes so soon after a write is part of a burst: waiting for the end of the turn then costs less than it saves."""
ANNOUNCE_SECONDS: Final = 1.0
READS_SECONDS: Final = 0.1
ANSWERS: Final = 4096


@dataclass(frozen=True, kw_only=True)
class OutboxLimits:
    """How much may wait for one client."""

    size: int
    count: int


class Outbox:
    """
    The queue of one client in front of its transport.

    ``schedule`` asks for a call of ``flush`` in the next turn of the loop; ``announce`` makes the frame that tells of
    dropped messages from their number since the last one and in all.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        limits: OutboxLimits,
        *,
        schedule: Callable[["Outbox"], None],
        announce: Callable[[int, int], bytes],
    ) -> None:
        self.delivered = 0
        self._transport = transport
        self._schedule = schedule
        self._announce = announce
        self._events: Backlog[bytes] = Backlog(limit_count=limits.count, limit_size=limits.size, size_of=len)
        self._answers: list[bytes] = []
        self._paused = False
        self._scheduled = False
        self._clock = asyncio.get_running_loop().time
        self._written_at = -BURST_SECONDS
        self._announced = 0
        self._announced_at = -ANNOUNCE_SECONDS
        self._read_at = -READS_SECONDS
        # what the transport cannot send at once waits here, where it can be counted
        transport.set_write_buffer_limits(high=0)

    @property
    def waiting(self) -> int:
        """The number of events that wait."""
        return self._events.count

    @property
    def dropped(self) -> int:
        """The number of events that were dropped."""
        return self._events.dropped

    def put(self, frames: Sequence[bytes], size: int) -> bool:
        """
        Queue events of ``size`` bytes in all; where there is no room the oldest ones go.

        Says whether the client reads, but falls behind: a moment would let it catch up.
        """
        self._events.extend(frames, size)
        if not self._scheduled:
            self._write_or_schedule()
        return self._events.is_high and self._clock() - self._read_at < READS_SECONDS

    def answer(self, frame: bytes) -> bool:
        """Queue an answer to a request of the client's; say whether there was room."""
        if len(self._answers) >= ANSWERS:
            return False
        self._answers.append(frame)
        if not self._scheduled:
            self._write_or_schedule()
        return True

    def flush(self) -> None:
        """Write what is waiting until the transport has enough."""
        self._scheduled = False
        while not self._paused and (self._events.count or self._answers or self._is_to_announce()):
            self._transport.write(self._next_chunk())
        self._scheduled = self._paused
        self._written_at = self._clock()

    def _write_or_schedule(self) -> None:
        """Write at once what comes alone; what is part of a burst waits for the end of the turn."""
        now = self._clock()
        if self._paused or now - self._written_at < BURST_SECONDS:
            self._scheduled = True
            self._schedule(self)
        else:
            self._written_at = now
            self._transport.write(self._next_chunk())

    def pause(self) -> None:
        """Hold everything back: the client does not read."""
        self._paused = True

    def resume(self) -> None:
        """Go on: the client has read what was written."""
        self._paused = False
        self._read_at = self._clock()
        self.flush()

    def discard(self) -> None:
        """Drop everything that waits, uncounted: the client has left."""
        self._events.clear()
        self._answers.clear()
        self._paused = self._scheduled = True

    def _next_chunk(self) -> bytes:
        """Take answers, the announcement of drops where one is due, and as many batches of events as make a chunk."""
        chunk, self._answers = self._answers, []
        if self._is_to_announce():
            chunk.append(self._announcement())
        before, size = len(chunk), 0
        while self._events.count and size < CHUNK_BYTES:
            batch = self._events.take()
            size += sum(map(len, batch))
            chunk.extend(batch)
        self.delivered += len(chunk) - before
        return b"".join(chunk)

    def _is_to_announce(self) -> bool:
        """Tell whether the client has missed messages and is to hear of it now: once it caught up, or every second."""
        if self.dropped == self._announced:
            return False
        return not self._events.count or self._clock() - self._announced_at >= ANNOUNCE_SECONDS

    def _announcement(self) -> bytes:
        """Return the frame that says what was dropped since the last one."""
        count, self._announced = self.dropped - self._announced, self.dropped
        self._announced_at = self._clock()
        return self._announce(count, self.dropped)
