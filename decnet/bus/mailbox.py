# SPDX-License-Identifier: MIT
"""The receiving end of a subscription: a bounded queue from which the oldest goes first."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from decnet.bus.bus import Message
from decnet.errors import BusError

QUEUE_COUNT = 16384
QUEUE_BYTES = 8 * 1024 * 1024

Closing = Callable[["Mailbox"], Awaitable[None]]


class Mailbox:
    """
    A subscription whose messages wait in memory; iterate to receive them.

    At most ``limit_count`` messages and ``limit_bytes`` bytes of bodies wait; beyond that the oldest are dropped and counted
    in ``dropped``. ``closing`` is called once, when the subscriber closes. The iteration ends after the last message.
    """

    def __init__(
        self, pattern: str, closing: Closing, *, limit_count: int = QUEUE_COUNT, limit_bytes: int = QUEUE_BYTES
    ) -> None:
        self.pattern = pattern
        self.dropped = 0
        self._closing = closing
        self._limit_count = limit_count
        self._limit_bytes = limit_bytes
        self._waiting: deque[Message] = deque()
        self._size = 0
        self._reader: asyncio.Future[None] | None = None
        self._ended = False
        self._error: BusError | None = None

    def __aiter__(self) -> "Mailbox":
        return self

    async def __anext__(self) -> Message:
        """Return the next message; raise ``BusError`` where the server withdrew the subscription."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            await self._wait()
        message = self._waiting.popleft()
        self._size -= len(message.body)
        return message

    def put(self, message: Message) -> int:
        """Queue a message, wake the reader, and return how many old ones had to go."""
        self._waiting.append(message)
        self._size += len(message.body)
        if self._reader is not None:
            self._wake()
        if self._size > self._limit_bytes or len(self._waiting) > self._limit_count:
            return self._shed()
        return 0

    async def close(self) -> None:
        """Tell the server and end the iteration; twice is once."""
        if not self._ended:
            self.end()
            await self._closing(self)

    def end(self, error: BusError | None = None) -> None:
        """End the iteration after what is waiting, with ``error`` where there is one."""
        self._ended = True
        self._error = error
        self._wake()

    async def _wait(self) -> None:
        """Wait for the next message, or the end. Two readers of one subscription share the same wait."""
        if self._reader is None:
            self._reader = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._reader)

    def _wake(self) -> None:
        """Let the readers look again."""
        reader, self._reader = self._reader, None
        if reader is not None and not reader.done():
            reader.set_result(None)

    def _shed(self) -> int:
        """Drop the oldest messages until the rest fits; the newest one always stays."""
        dropped = 0
        while len(self._waiting) > 1 and (self._size > self._limit_bytes or len(self._waiting) > self._limit_count):
            self._size -= len(self._waiting.popleft().body)
            dropped += 1
        self.dropped += dropped
        return dropped
