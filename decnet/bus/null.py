# SPDX-License-Identifier: MIT
"""The bus that is switched off: nothing is sent, nothing arrives, and nobody has to ask whether there is a bus."""

import asyncio

from decnet.bus.bus import Hook, Message, Subscription
from decnet.bus.mailbox import Mailbox
from decnet.bus.subjects import check_pattern, check_topic
from decnet.events import Event, decode


class NullBus:
    """Accept everything that is well formed and deliver none of it; what was published is counted as dropped."""

    def __init__(self) -> None:
        self.counters = {"published": 0, "received": 0, "dropped": 0, "reconnects": 0, "malformed": 0}
        self._mailboxes: set[Mailbox] = set()

    async def run(self) -> None:
        """Wait until cancelled."""
        await asyncio.get_running_loop().create_future()

    async def connected(self) -> None:
        """Return at once: there is nothing to wait for."""

    async def publish(self, event: Event) -> None:
        """Count ``event`` as dropped."""
        await self.publish_raw(event.topic, b"{}")

    async def publish_raw(self, topic: str, body: bytes) -> None:  # noqa: ARG002 - nobody gets the body
        """Count a message as dropped; raise ``BusError`` where ``topic`` is none."""
        check_topic(topic)
        self.counters["dropped"] += 1

    async def subscribe(self, pattern: str) -> Subscription:
        """Return a subscription that stays silent; raise ``BusError`` where ``pattern`` is none."""
        mailbox = Mailbox(check_pattern(pattern), self._forget)
        self._mailboxes.add(mailbox)
        return mailbox

    def decode(self, message: Message) -> Event:
        """Return the event of a message."""
        return decode(message.body)

    def on_gap(self, hook: Hook) -> None:
        """Take a hook that is never called: there is no connection that could break."""

    async def close(self) -> None:
        """End every subscription."""
        for mailbox in tuple(self._mailboxes):
            await mailbox.close()

    async def _forget(self, mailbox: Mailbox) -> None:
        """Let go of a subscription that was closed."""
        self._mailboxes.discard(mailbox)
