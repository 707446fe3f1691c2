# SPDX-License-Identifier: MIT
"""
What every bus offers, whatever carries it.

Delivery is at most once: the bus is a wake-up, the store is the truth. Nobody asks whether there is a bus: where it is
switched off there is a ``NullBus``, where it is away the client reconnects and counts what it could not send.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Protocol

import msgspec

from decnet.events import Event

Hook = Callable[[], Awaitable[None]]
"""Called after a reconnect, or after messages were dropped: the moment to catch up from the store."""


class Sender(msgspec.Struct, frozen=True, gc=False):
    """Who sent a message, as the server saw it; no client can write this. ``unit`` is empty outside systemd."""

    uid: int
    pid: int
    unit: str
    client: str


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message as it arrived. ``id`` grows with each message of one server."""

    topic: str
    body: bytes
    id: int
    at: datetime
    sender: Sender


class Subscription(Protocol):
    """A live interest in a pattern; iterate to receive, close to end. Bounded: the oldest goes first, and is counted."""

    pattern: str

    @property
    def dropped(self) -> int:
        """How many messages were dropped because the subscriber was too slow."""

    def __aiter__(self) -> AsyncIterator[Message]: ...
    async def close(self) -> None:
        """Tell the server and end the iteration."""


class Bus(Protocol):
    """Publish events, receive events. ``run`` is the bus's own task; everything else may be called before it began."""

    async def run(self) -> None:
        """Keep the connection until cancelled: connect, reconnect, subscribe again. Runs in the owner's task group."""

    async def connected(self) -> None:
        """Return once there is a connection (at once where none is needed)."""

    async def publish(self, event: Event) -> None:
        """
        Send ``event`` on its topic; never blocks on a slow subscriber; counted as dropped while the server is away.

        Raises ``BusError`` where the client's policy forbids the topic.
        """

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Send bytes that are already an event's body (or an operator's JSON object); same errors as ``publish``."""

    async def subscribe(self, pattern: str) -> Subscription:
        """Return when the server knows the subscription; raises ``BusError`` where policy or syntax forbid it."""

    def decode(self, message: Message) -> Event:
        """Return the event of a message; raise ``BusError``, counted against its sender, where it is none."""

    def on_gap(self, hook: Hook) -> None:
        """Call ``hook`` after each reconnect and each announced drop."""

    @property
    def counters(self) -> dict[str, int]:
        """``published``, ``received``, ``dropped``, ``reconnects``, ``malformed``."""

    async def close(self) -> None:
        """Send what is waiting, say BYE, end every subscription."""
