# SPDX-License-Identifier: MIT
"""The receiving half of a client: from the frames of the server to the subscriptions of the process."""

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

from decnet.bus.bus import Hook, Message, Sender
from decnet.bus.mailbox import Closing, Mailbox
from decnet.bus.subjects import matches
from decnet.bus.wire import LENGTH_BYTES, WireError, parse_origin
from decnet.errors import BusError
from decnet.events import Event, MessagesDropped, decode

log = logging.getLogger(__name__)

ROUTES: Final = 16384
SENDERS: Final = 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OBJECT: Final = b"{"


class Inbox:
    """
    The subscriptions of one client, its counters and its hooks.

    A message reaches every subscription that covers its topic. A body that is no JSON object is counted against its sender
    and goes no further.
    """

    def __init__(self, *, queue_count: int, queue_bytes: int) -> None:
        self.counters = {"published": 0, "received": 0, "dropped": 0, "reconnects": 0, "malformed": 0}
        self.malformed_by: Counter[Sender] = Counter()
        self.gap = asyncio.Event()
        self.hooks: list[Hook] = []
        self._limits = (queue_count, queue_bytes)
        self._mailboxes: dict[str, list[Mailbox]] = {}
        self._routes: dict[bytes, tuple[str, bool, tuple[Mailbox, ...]]] = {}
        self._origin = b""
        self._at = _EPOCH
        self._sender = Sender(uid=-1, pid=0, unit="", client="")

    @property
    def patterns(self) -> list[str]:
        """The patterns that the server has to know."""
        return list(self._mailboxes)

    def open(self, pattern: str, closing: Closing) -> Mailbox:
        """Return a new subscription of a valid pattern."""
        count, size = self._limits
        mailbox = Mailbox(pattern, closing, limit_count=count, limit_bytes=size)
        self._mailboxes.setdefault(pattern, []).append(mailbox)
        self._routes.clear()
        return mailbox

    def forget(self, mailbox: Mailbox) -> bool:
        """Let go of a subscription; say whether it was the last one of its pattern."""
        self._routes.clear()
        mailboxes = self._mailboxes.get(mailbox.pattern, [])
        if mailbox in mailboxes:
            mailboxes.remove(mailbox)
        return not mailboxes and self._mailboxes.pop(mailbox.pattern, None) is not None

    def withdraw(self, pattern: str, error: BusError | None = None) -> None:
        """End all subscriptions of a pattern, with ``error`` where the server refused them."""
        self._routes.clear()
        for mailbox in self._mailboxes.pop(pattern, ()):
            mailbox.end(error)

    def deliver(self, header: bytes, payload: bytes) -> None:
        """Take an EVT frame; raise ``WireError`` where its header is none."""
        try:
            _, topic, number, origin = header.split(b" ", 3)
            id_ = int(number)
        except ValueError as error:
            raise WireError("an event has no topic or no number") from error
        if origin != self._origin:
            self._learn(origin)
        text, is_gap, mailboxes = self._routes.get(topic) or self._route(topic)
        body = payload[LENGTH_BYTES:]
        message = Message(text, body, id_, self._at, self._sender)
        if not body.startswith(_OBJECT):
            self._count_malformed(message)
            return
        counters = self.counters
        counters["received"] += 1
        for mailbox in mailboxes:
            if dropped := mailbox.put(message):
                counters["dropped"] += dropped
                self.gap.set()
        if is_gap:
            self._note_gap(message)

    def decode(self, message: Message) -> Event:
        """Return the event of a message; raise ``BusError``, counted against its sender, where it is none."""
        try:
            return decode(message.body)
        except BusError:
            self._count_malformed(message)
            raise

    async def call_hooks(self) -> None:
        """Call the hooks after each gap until cancelled; gaps that happen meanwhile are one."""
        while await self.gap.wait():
            self.gap.clear()
            for hook in tuple(self.hooks):
                await hook()

    def _learn(self, origin: bytes) -> None:
        """Read time and sender; the messages of one batch share them."""
        microseconds, self._sender = parse_origin(origin)
        try:
            self._at = _EPOCH + timedelta(microseconds=microseconds)
        except OverflowError as error:
            raise WireError("an event comes from no time") from error
        self._origin = origin

    def _route(self, topic: bytes) -> tuple[str, bool, tuple[Mailbox, ...]]:
        """Work out which subscriptions cover a topic, and remember it."""
        text = topic.decode("ascii", "replace")
        if len(self._routes) >= ROUTES:
            self._routes.clear()
        found = tuple(mailbox for pattern, group in self._mailboxes.items() if matches(pattern, text) for mailbox in group)
        route = self._routes[topic] = (text, text == MessagesDropped.topic_template, found)
        return route

    def _note_gap(self, message: Message) -> None:
        """Count what the server dropped and have the hooks called."""
        event = self.decode(message)
        if isinstance(event, MessagesDropped):
            self.counters["dropped"] += event.count
            log.warning("the bus dropped %d messages: this client reads too slowly", event.count)
            self.gap.set()

    def _count_malformed(self, message: Message) -> None:
        """Count a body that is no event against who sent it."""
        self.counters["malformed"] += 1
        if len(self.malformed_by) < SENDERS or message.sender in self.malformed_by:
            self.malformed_by[message.sender] += 1
