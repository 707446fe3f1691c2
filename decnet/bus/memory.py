# SPDX-License-Identifier: MIT
"""A bus inside one process, for tests: the same contract, the same policy, no socket."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from decnet.bus import policy
from decnet.bus.bus import Hook, Message, Sender, Subscription
from decnet.bus.mailbox import QUEUE_BYTES, QUEUE_COUNT, Mailbox
from decnet.bus.subjects import Routes, check_pattern, check_topic
from decnet.bus.wire import MAX_BODY
from decnet.errors import BusError
from decnet.events import Event, decode, encode


class MemoryHub:
    """What the clients of one memory bus share."""

    def __init__(self) -> None:
        self.routes: Routes[tuple[MemoryBus, Mailbox]] = Routes()
        self.last_id = 0

    def receivers(self, topic: str, sender: "MemoryBus") -> Iterable[tuple["MemoryBus", Mailbox]]:
        """Return the subscriptions of the others that cover ``topic``."""
        return [(bus, mailbox) for bus, mailbox in self.routes.match(topic) if bus is not sender]


class MemoryBus:
    """One client of a memory bus; a client named as a service is held to the service's policy."""

    def __init__(self, hub: MemoryHub, client: str, *, queue_count: int = QUEUE_COUNT, queue_bytes: int = QUEUE_BYTES) -> None:
        self.counters = {"published": 0, "received": 0, "dropped": 0, "reconnects": 0, "malformed": 0}
        self.malformed_by: Counter[Sender] = Counter()
        self._hub = hub
        self._policy = policy.of_client(client)
        self._sender = Sender(uid=os.geteuid(), pid=os.getpid(), unit="", client=client)
        self._limits = {"limit_count": queue_count, "limit_bytes": queue_bytes}
        self._mailboxes: list[Mailbox] = []
        self._hooks: list[Hook] = []
        self._gap = asyncio.Event()

    async def run(self) -> None:
        """Call the hooks after messages were dropped, until cancelled."""
        while await self._gap.wait():
            self._gap.clear()
            for hook in self._hooks:
                await hook()

    async def connected(self) -> None:
        """Return at once: a memory bus is always there."""

    async def publish(self, event: Event) -> None:
        """Deliver ``event`` to the others; raise ``BusError`` where policy forbids its topic."""
        await self.publish_raw(event.topic, encode(event))

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Deliver a body to the others; raise ``BusError`` where policy, syntax or size forbid it."""
        self._policy.check_publish(check_topic(topic))
        if len(body) > MAX_BODY:
            raise BusError(f"a body of {len(body)} bytes is too large for the bus", remedy=f"at most {MAX_BODY} bytes")
        self._hub.last_id += 1
        self.counters["published"] += 1
        message = Message(topic, body, self._hub.last_id, datetime.now(UTC), self._sender)
        for bus, mailbox in self._hub.receivers(topic, self):
            bus.receive(mailbox, message)

    def receive(self, mailbox: Mailbox, message: Message) -> None:
        """Take a message that another client sent."""
        if not message.body.startswith(b"{"):
            self._count_malformed(message)
            return
        self.counters["received"] += 1
        if dropped := mailbox.put((message,), len(message.body)):
            self.counters["dropped"] += dropped
            self._gap.set()

    async def subscribe(self, pattern: str) -> Subscription:
        """Return a subscription that already receives; raise ``BusError`` where policy or syntax forbid it."""
        self._policy.check_subscribe(check_pattern(pattern))
        mailbox = Mailbox(pattern, self._forget, **self._limits)
        self._mailboxes.append(mailbox)
        self._hub.routes.add(pattern, (self, mailbox))
        return mailbox

    def decode(self, message: Message) -> Event:
        """Return the event of a message; raise ``BusError``, counted against its sender, where it is none."""
        try:
            return decode(message.body)
        except BusError:
            self._count_malformed(message)
            raise

    def on_gap(self, hook: Hook) -> None:
        """Call ``hook`` after messages were dropped."""
        self._hooks.append(hook)

    async def close(self) -> None:
        """End every subscription."""
        for mailbox in tuple(self._mailboxes):
            await mailbox.close()

    async def _forget(self, mailbox: Mailbox) -> None:
        """Let go of a subscription that was closed."""
        self._mailboxes.remove(mailbox)
        self._hub.routes.remove(mailbox.pattern, (self, mailbox))

    def _count_malformed(self, message: Message) -> None:
        """Count a body that is no event against who sent it."""
        self.counters["malformed"] += 1
        self.malformed_by[message.sender] += 1
