# SPDX-License-Identifier: MIT
"""The bus for the process that is the bus: its own worker publishes and receives without a socket."""

import asyncio
from collections.abc import Sequence

from decnet.bus import policy
from decnet.bus.bus import Hook, Message, Subscription
from decnet.bus.inbox import Inbox
from decnet.bus.mailbox import QUEUE_BYTES, QUEUE_COUNT, Mailbox
from decnet.bus.server import NAME, BusServer
from decnet.bus.subjects import check_pattern, check_topic
from decnet.bus.wire import Splitter
from decnet.events import Event, encode


class LocalBus:
    """A client inside the server's process; ``attach`` gives it the server, and until then it is away."""

    def __init__(self) -> None:
        self._inbox = Inbox(queue_count=QUEUE_COUNT, queue_bytes=QUEUE_BYTES)
        self._policy = policy.of_client(NAME)
        self._server: BusServer | None = None
        self._attached = asyncio.Event()

    @property
    def counters(self) -> dict[str, int]:
        """The counters of this client."""
        return self._inbox.counters

    def attach(self, server: BusServer) -> None:
        """Publish and receive through ``server`` from now on."""
        self._server = server
        for pattern in self._inbox.patterns:
            server.attach(pattern, self)
        self._attached.set()

    def put(self, frames: Sequence[bytes], size: int) -> bool:  # noqa: ARG002 - what waits is bounded in the mailboxes
        """Take messages from the server."""
        self._inbox.deliver(Splitter().feed(b"".join(frames)), _ignore)
        return False

    async def run(self) -> None:
        """Call the hooks after messages were dropped, until cancelled."""
        await self._inbox.call_hooks()

    async def connected(self) -> None:
        """Return once there is a server."""
        await self._attached.wait()

    async def publish(self, event: Event) -> None:
        """Send ``event``; counted as dropped while there is no server."""
        await self.publish_raw(event.topic, encode(event))

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Send a body; raise ``BusError`` where policy, syntax or size forbid it."""
        self._policy.check_publish(check_topic(topic))
        if self._server is None:
            self.counters["dropped"] += 1
        else:
            self.counters["published"] += 1
            self._server.publish(topic, body, self)

    async def subscribe(self, pattern: str) -> Subscription:
        """Return a subscription; raise ``BusError`` where policy or syntax forbid it."""
        self._policy.check_subscribe(check_pattern(pattern))
        mailbox = self._inbox.open(pattern, self._forget)
        if self._server is not None:
            self._server.attach(pattern, self)
        return mailbox

    def decode(self, message: Message) -> Event:
        """Return the event of a message; raise ``BusError``, counted against its sender, where it is none."""
        return self._inbox.decode(message)

    def on_gap(self, hook: Hook) -> None:
        """Call ``hook`` after messages were dropped."""
        self._inbox.hooks.append(hook)

    async def close(self) -> None:
        """End every subscription."""
        for pattern in self._inbox.patterns:
            self._inbox.withdraw(pattern)
            if self._server is not None:
                self._server.detach(pattern, self)

    async def _forget(self, mailbox: Mailbox) -> None:
        """Let go of a subscription that was closed."""
        if self._inbox.forget(mailbox) and self._server is not None:
            self._server.detach(mailbox.pattern, self)


def _ignore(_: bytes, __: bytes) -> None:
    """Take what is no event: the server sends its own process nothing else."""
