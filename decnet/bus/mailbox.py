# SPDX-License-Identifier: MIT
"""The receiving end of a subscription: a bounded queue from which the oldest goes first."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from decnet.bus.backlog import Backlog
from decnet.bus.bus import Message
from decnet.errors import BusError

QUEUE_COUNT: Final = 16384
QUEUE_BYTES: Final = 8 * 1024 * 1024

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
        self._closing = closing
        self._waiting: Backlog[Message] = Backlog(limit_count=limit_count, limit_size=limit_bytes, size_of=_size_of)
        self._batch: Iterator[Message] = iter(())
        self._readers: list[asyncio.Future[None]] = []
        self._ended = False
        self._error: BusError | None = None

    @property
    def dropped(self) -> int:
        """How many messages were dropped because the subscriber was too slow."""
        return self._waiting.dropped

    def __aiter__(self) -> "Mailbox":
        return self

    async def __anext__(self) -> Message:
        """Return the next message; raise ``BusError`` where the server withdrew the subscription."""
        while True:
            for message in self._batch:
                return message
            if self._waiting.count:
                self._batch = iter(self._waiting.take())
            else:
                await self._wait()

    def put(self, messages: Sequence[Message], size: int) -> int:
        """Queue messages whose bodies have ``size`` bytes, wake the reader, return how many old ones had to go."""
        if self._readers:
            self._wake()
        return self._waiting.extend(messages, size)

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
        """Wait for messages; raise what ends the iteration."""
        if self._error is not None:
            raise self._error
        if self._ended:
            raise StopAsyncIteration
        reader = asyncio.get_running_loop().create_future()
        self._readers.append(reader)
        await reader

    def _wake(self) -> None:
        """Let the readers look again."""
        readers, self._readers = self._readers, []
        for reader in readers:
            if not reader.done():
                reader.set_result(None)


def _size_of(message: Message) -> int:
    """Return the bytes that a message counts for."""
    return len(message.body)
