# SPDX-License-Identifier: MIT
"""The decoys service that is connected to the agent, and what still has to be said to it."""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from decnet.engine.handover import BATCH, Channel, close_all
from decnet.engine.messages import Key, Message, Post, Serve
from decnet.host.peer import Peer

SEND_SECONDS = 30.0


@dataclass(frozen=True)
class Holding:
    """A listening socket and what it is for."""

    post: Post
    listener: socket.socket


@dataclass
class Visitor:
    """One decoys service; ``waiting`` are keys to serve and messages, ``left`` is set when it has gone."""

    peer: Peer
    waiting: deque[Key | Message] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, *items: Key | Message) -> None:
        """Say this next."""
        self.waiting.extend(items)
        self.woken.set()

    async def say(self, channel: Channel, held: Mapping[Key, Holding]) -> None:
        """Send what is waiting, as it comes; ``held`` are the sockets that there are to lend."""
        while True:
            await self.woken.wait()
            self.woken.clear()
            while self.waiting:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._say_next(channel, held)

    async def _say_next(self, channel: Channel, held: Mapping[Key, Holding]) -> None:
        """Send the next message, or as many of the next sockets as a message takes."""
        item = self.waiting.popleft()
        if isinstance(item, Message):
            await channel.send(item)
            return
        keys = {item: None}
        while self.waiting and isinstance(following := self.waiting[0], Key) and len(keys) < BATCH:
            keys[following] = None
            self.waiting.popleft()
        lent = [held[key] for key in keys if key in held]
        copies = [os.dup(holding.listener.fileno()) for holding in lent]
        try:
            await channel.send(Serve([holding.post for holding in lent]), copies)
        finally:
            close_all(copies)
