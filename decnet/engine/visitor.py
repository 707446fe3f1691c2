# SPDX-License-Identifier: MIT
"""The decoys service that is connected to the agent, and what still has to be said to it."""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from decnet.engine.handover import BATCH, Channel, close_all
from decnet.engine.messages import Deny, HandoverError, Key, Message, Post, Serve
from decnet.host.peer import Peer

SEND_SECONDS = 30.0
LONGEST_QUEUE = 1024
"""Answers that may wait for a peer that asks and does not read; more than an honest one can cause."""


@dataclass(frozen=True)
class Holding:
    """A listening socket and what it is for."""

    post: Post
    listener: socket.socket


@dataclass(frozen=True)
class Parcel:
    """A message that brings one socket; ``instead`` is said where the socket is closed by the time it is sent."""

    message: Message
    listener: socket.socket
    instead: Message


Item = Key | Message | Parcel


@dataclass
class Visitor:
    """One decoys service; ``waiting`` are keys to serve, messages and parcels, ``left`` is set when it has gone."""

    peer: Peer
    waiting: deque[Item] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    unheard: int = 0

    def put(self, *items: Item) -> None:
        """Say this next."""
        self.waiting.extend(items)
        self.woken.set()

    def answer(self, item: Deny | Parcel) -> None:
        """Say what the peer asked for; raises ``HandoverError`` for one that goes on asking and does not listen."""
        if self.unheard >= LONGEST_QUEUE:
            raise HandoverError(f"{self.unheard} answers wait for a decoys service that does not read them")
        self.unheard += 1
        self.put(item)

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
        if isinstance(item, Deny | Parcel):
            self.unheard -= 1
        if isinstance(item, Parcel):
            await _send_parcel(channel, item)
            return
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


async def _send_parcel(channel: Channel, parcel: Parcel) -> None:
    """Send a message with a copy of its socket, unless that is closed meanwhile."""
    if parcel.listener.fileno() < 0:
        await channel.send(parcel.instead)
        return
    copy = os.dup(parcel.listener.fileno())
    try:
        await channel.send(parcel.message, [copy])
    finally:
        os.close(copy)
