# SPDX-License-Identifier: MIT
"""
What waits to be sent to one client.

Frames are collected and written once for each turn of the event loop. While the client does not read, they wait here:
bounded by bytes and by count, the oldest event goes first and is counted, and the client is told how many it missed as soon
as it reads again. Answers to the client's own requests are never dropped: who asks without reading is cut off.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

CHUNK_BYTES: Final = 256 * 1024
ANNOUNCE_SECONDS: Final = 1.0
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
        self.dropped = 0
        self._transport = transport
        self._limit_size = limits.size
        self._limit_count = limits.count
        self._schedule = schedule
        self._announce = announce
        self._events: deque[bytes] = deque()
        self._answers: list[bytes] = []
        self._size = 0
        self._paused = False
        self._scheduled = False
        self._announced = 0
        self._announced_at = -ANNOUNCE_SECONDS
        # what the transport cannot send at once waits here, where it can be counted
        transport.set_write_buffer_limits(high=0)

    @property
    def waiting(self) -> int:
        """The number of events that wait."""
        return len(self._events)

    def put(self, frame: bytes) -> None:
        """Queue an event; where there is no room the oldest ones go."""
        events = self._events
        events.append(frame)
        self._size += len(frame)
        if not self._scheduled:
            self._scheduled = True
            self._schedule(self)
        if self._size > self._limit_size or len(events) > self._limit_count:
            self._shed()

    def answer(self, frame: bytes) -> bool:
        """Queue an answer to a request of the client's; say whether there was room."""
        if len(self._answers) >= ANSWERS:
            return False
        self._answers.append(frame)
        if not self._scheduled:
            self._scheduled = True
            self._schedule(self)
        return True

    def flush(self) -> None:
        """Write what is waiting until the transport has enough."""
        self._scheduled = False
        while not self._paused and (self._events or self._answers or self._is_to_announce()):
            self._transport.write(self._next_chunk())
        self._scheduled = self._paused

    def pause(self) -> None:
        """Hold everything back: the client does not read."""
        self._paused = True

    def resume(self) -> None:
        """Go on: the client has read what was written."""
        self._paused = False
        self.flush()

    def discard(self) -> None:
        """Drop everything that waits, uncounted: the client has left."""
        self._events.clear()
        self._answers.clear()
        self._size = 0
        self._paused = self._scheduled = True

    def _next_chunk(self) -> bytes:
        """Take answers, the announcement of drops where one is due, and as many events as make a chunk."""
        chunk, self._answers = self._answers, []
        if self._is_to_announce():
            chunk.append(self._announcement())
        if self._size <= CHUNK_BYTES:
            self.delivered += len(self._events)
            chunk.extend(self._events)
            self._events.clear()
            self._size = 0
        else:
            chunk.extend(self._take())
        return b"".join(chunk)

    def _take(self) -> list[bytes]:
        """Take the oldest events, about one chunk of them."""
        taken, size = [], 0
        while self._events and size < CHUNK_BYTES:
            taken.append(self._events.popleft())
            size += len(taken[-1])
        self._size -= size
        self.delivered += len(taken)
        return taken

    def _shed(self) -> None:
        """Drop the oldest events until the rest fits; the newest one always stays."""
        while len(self._events) > 1 and (self._size > self._limit_size or len(self._events) > self._limit_count):
            self._size -= len(self._events.popleft())
            self.dropped += 1

    def _is_to_announce(self) -> bool:
        """Tell whether the client has missed messages and is to hear of it now: once it caught up, or every second."""
        if self.dropped == self._announced:
            return False
        return not self._events or asyncio.get_running_loop().time() - self._announced_at >= ANNOUNCE_SECONDS

    def _announcement(self) -> bytes:
        """Return the frame that says what was dropped since the last one."""
        count, self._announced = self.dropped - self._announced, self.dropped
        self._announced_at = asyncio.get_running_loop().time()
        return self._announce(count, self.dropped)
