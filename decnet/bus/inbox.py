# SPDX-License-Identifier: MIT
"""The receiving half of a client: from the frames of the server to the subscriptions of the process."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from decnet.bus.bus import Hook, Message, Sender
from decnet.bus.mailbox import Closing, Mailbox
from decnet.bus.subjects import matches
from decnet.bus.wire import EVT, LENGTH_BYTES, WireError, parse_origin
from decnet.errors import BusError
from decnet.events import Event, MessagesDropped, decode

log = logging.getLogger(__name__)

ROUTES: Final = 16384
SENDERS: Final = 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OBJECT: Final = b"{"
_EVENT: Final = EVT.encode("ascii") + b" "

Frame = tuple[bytes, bytes]
Route = tuple[str, bool, tuple[Mailbox, ...]]
"""A topic, whether it announces drops, and the subscriptions that cover it."""
_NOWHERE: Final[Route] = ("", False, ())


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
        self._routes: dict[bytes, Route] = {}
        self._groups: dict[tuple[Mailbox, ...], tuple[Mailbox, ...]] = {}
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
        self._forget_routes()
        return mailbox

    def forget(self, mailbox: Mailbox) -> bool:
        """Let go of a subscription; say whether it was the last one of its pattern."""
        self._forget_routes()
        mailboxes = self._mailboxes.get(mailbox.pattern, [])
        if mailbox in mailboxes:
            mailboxes.remove(mailbox)
        return not mailboxes and self._mailboxes.pop(mailbox.pattern, None) is not None

    def withdraw(self, pattern: str, error: BusError | None = None) -> None:
        """End all subscriptions of a pattern, with ``error`` where the server refused them."""
        self._forget_routes()
        for mailbox in self._mailboxes.pop(pattern, ()):
            mailbox.end(error)

    def deliver(self, frames: Iterable[Frame], other: Callable[[bytes, bytes], None]) -> None:
        """
        Take the events among ``frames``; ``other`` takes header and payload of the rest.

        Raises ``WireError`` where an event's header is none.
        """
        routes, current, batch, size = self._routes, _NOWHERE, list[Message](), 0
        try:
            for header, payload in frames:
                if not header.startswith(_EVENT):
                    self._forward(current, batch, size)
                    current, batch, size = _NOWHERE, [], 0
                    other(header, payload)
                    continue
                _, topic, number, origin = header.split(b" ", 3)
                if origin != self._origin:
                    self._learn(origin)
                route = routes.get(topic) or self._route(topic)
                if route[2] is not current[2] or route[1] is not current[1]:
                    self._forward(current, batch, size)
                    current, batch, size = route, [], 0
                batch.append(Message(route[0], payload[LENGTH_BYTES:], int(number), self._at, self._sender))
                size += len(payload)
        except ValueError as error:
            raise WireError("an event has no topic or no number") from error
        finally:
            self._forward(current, batch, size)

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

    def _forward(self, route: Route, batch: list[Message], size: int) -> None:
        """Put messages of one topic into the mailboxes of their subscriptions."""
        _, is_gap, mailboxes = route
        if not all([message.body[:1] == _OBJECT for message in batch]):  # noqa: C419 - a list is faster than a generator
            batch = [message for message in batch if not self._is_malformed(message)]
        if not batch:
            return
        self.counters["received"] += len(batch)
        for mailbox in mailboxes:
            if dropped := mailbox.put(batch, size):
                self.counters["dropped"] += dropped
                self.gap.set()
        if is_gap:
            for message in batch:
                self._note_gap(message)

    def _is_malformed(self, message: Message) -> bool:
        """Tell whether a body is no JSON object, and count that."""
        if message.body.startswith(_OBJECT):
            return False
        self._count_malformed(message)
        return True

    def _learn(self, origin: bytes) -> None:
        """Read time and sender; the messages of one batch share them."""
        microseconds, self._sender = parse_origin(origin)
        try:
            self._at = _EPOCH + timedelta(microseconds=microseconds)
        except OverflowError as error:
            raise WireError("an event comes from no time") from error
        self._origin = origin

    def _route(self, topic: bytes) -> Route:
        """Work out which subscriptions cover a topic, and remember it."""
        text = topic.decode("ascii", "replace")
        if len(self._routes) >= ROUTES:
            self._forget_routes()
        found = tuple(mailbox for pattern, group in self._mailboxes.items() if matches(pattern, text) for mailbox in group)
        # topics with the same subscriptions share one object, so that their messages are put into the mailboxes together
        found = self._groups.setdefault(found, found)
        route = self._routes[topic] = (text, text == MessagesDropped.topic_template, found)
        return route

    def _forget_routes(self) -> None:
        """Let every topic find its subscriptions anew."""
        self._routes.clear()
        self._groups.clear()

    def _note_gap(self, message: Message) -> None:
        """Count what the server dropped and have the hooks called; what only pretends to be an announcement is malformed."""
        try:
            event = self.decode(message)
        except BusError:
            return
        if isinstance(event, MessagesDropped):
            self.counters["dropped"] += event.count
            log.warning("the bus dropped %d messages: this client reads too slowly", event.count)
            self.gap.set()

    def _count_malformed(self, message: Message) -> None:
        """Count a body that is no event against who sent it."""
        self.counters["malformed"] += 1
        if len(self.malformed_by) < SENDERS or message.sender in self.malformed_by:
            self.malformed_by[message.sender] += 1
