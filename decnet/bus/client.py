# SPDX-License-Identifier: MIT
"""
The client of the bus over its UNIX socket.

It connects by itself, again and again, subscribes again what was subscribed, and has the hooks called when messages may have
been missed. While the server is away, publishing is counted and dropped: the bus is a wake-up, the store is the truth.
"""

import asyncio
import logging
from pathlib import Path
from secrets import SystemRandom
from typing import Final

from decnet.bus import policy
from decnet.bus.bus import Hook, Message, Subscription
from decnet.bus.inbox import Inbox
from decnet.bus.link import Link
from decnet.bus.mailbox import QUEUE_BYTES, QUEUE_COUNT, Mailbox
from decnet.bus.subjects import check_pattern, check_topic
from decnet.bus.wire import ERR, HELLO, PUB, SUB, UNSUB, check_name, frame_of, head_of, payload_of
from decnet.errors import BusError
from decnet.events import Event, encode
from decnet.remedy import start

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0
STEADY_SECONDS: Final = 5.0
GOODBYE_SECONDS: Final = 2.0
TOPICS: Final = 16384

_random = SystemRandom()


class UnixBus:
    """
    A client of the server on ``path``; it calls itself ``client``.

    A client named as a service is held to the service's policy here already, where the caller sees the error.
    """

    def __init__(self, path: Path, client: str, *, queue_count: int = QUEUE_COUNT, queue_bytes: int = QUEUE_BYTES) -> None:
        self.path = path
        self.client = check_name(client)
        self._policy = policy.of_client(client)
        self._inbox = Inbox(queue_count=queue_count, queue_bytes=queue_bytes)
        self._link: Link | None = None
        self._greeted: asyncio.Future[None] | None = None
        self._connected = asyncio.Event()
        self._answers: dict[str, asyncio.Future[BusError | None]] = {}
        self._heads: dict[str, bytes] = {}
        self._refusal: BusError | None = None
        self._refused: dict[str, str] = {}
        self._instance = ""
        self._was_connected = False
        self._closed = False

    @property
    def counters(self) -> dict[str, int]:
        """The counters of this client."""
        return self._inbox.counters

    async def run(self) -> None:
        """Keep the connection until cancelled or closed; an error of a hook ends it."""
        async with asyncio.TaskGroup() as tasks:
            hooks = tasks.create_task(self._inbox.call_hooks(), name="bus hooks")
            await self._keep_connected()
            hooks.cancel()

    async def connected(self) -> None:
        """Return once the server has answered HELLO."""
        await self._connected.wait()

    async def publish(self, event: Event) -> None:
        """Send ``event`` on its topic; raise ``BusError`` where the policy forbids it."""
        await self.publish_raw(event.topic, encode(event))

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Send a body; raise ``BusError`` where policy, syntax or size forbid it. Waits only for the server to read."""
        frame = (self._heads.get(topic) or self._head(topic)) + payload_of(body)
        link = self._link
        if link is None:
            self.counters["dropped"] += 1
            # a publisher in a loop must not keep the connection from coming back
            await asyncio.sleep(0)
            return
        self.counters["published"] += 1
        link.send(frame)
        if link.is_full:
            await link.room()

    async def subscribe(self, pattern: str) -> Subscription:
        """Return when the server knows the subscription, however long it is away; raise ``BusError`` where it is refused."""
        self._policy.check_subscribe(check_pattern(pattern))
        mailbox = self._inbox.open(pattern, self._forget)
        try:
            refusal = await asyncio.shield(self._answer_to(pattern))
        except asyncio.CancelledError:
            await mailbox.close()
            raise
        if refusal is not None:
            raise refusal
        return mailbox

    async def flush(self) -> None:
        """Return when the server has dealt with everything published so far; raise ``BusError`` where it refused something."""
        link, self._refusal = self._link, None
        if link is None:
            raise BusError("the bus is away", remedy=start("bus"))
        await link.ping()
        if self._refusal is not None:
            raise self._refusal
        if link.lost.done():
            raise BusError("the connection to the bus broke; what was sent last may be lost")

    def decode(self, message: Message) -> Event:
        """Return the event of a message; raise ``BusError``, counted against its sender, where it is none."""
        return self._inbox.decode(message)

    def on_gap(self, hook: Hook) -> None:
        """Call ``hook`` after each reconnect and each announced drop."""
        self._inbox.hooks.append(hook)

    async def close(self) -> None:
        """Send what is waiting, say BYE, end every subscription."""
        self._closed = True
        for pattern in self._inbox.patterns:
            self._inbox.withdraw(pattern)
        for answer in self._answers.values():
            _settle(answer, BusError("the bus was closed"))
        link, self._link = self._link, None
        if link is not None:
            await link.close(GOODBYE_SECONDS)

    async def _keep_connected(self) -> None:
        """Connect, stay until the connection is lost, pause, again."""
        loop = asyncio.get_running_loop()
        pause, is_away = FIRST_PAUSE_SECONDS, False
        while not self._closed:
            begun_at = loop.time()
            try:
                await self._hold_connection()
                is_away = False
            except OSError as error:
                if not is_away:
                    log.warning("the bus on %s is away (%s); trying again", self.path, error.strerror or error)
                is_away = True
            if loop.time() - begun_at > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            if not self._closed:
                await asyncio.sleep(pause * _random.uniform(0.5, 1.5))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _hold_connection(self) -> None:
        """Connect and stay until the connection ends; raise ``OSError`` where there is no server."""
        loop = asyncio.get_running_loop()
        greeted = self._greeted = loop.create_future()
        _, link = await loop.create_unix_connection(lambda: Link(self._inbox.deliver, self._obey), str(self.path))
        try:
            link.send(frame_of(HELLO, self.client))
            await asyncio.wait((greeted, link.lost), return_when=asyncio.FIRST_COMPLETED)
            if greeted.done() and not link.lost.done():
                await self._serve(link)
        finally:
            self._let_go(link)

    async def _serve(self, link: Link) -> None:
        """Subscribe again what was subscribed, tell the hooks what may have been missed, wait for the end."""
        self._link = link
        for pattern in self._inbox.patterns:
            self._answers.setdefault(pattern, asyncio.get_running_loop().create_future())
            link.send(frame_of(SUB, pattern))
        await link.ping()
        if link.lost.done():
            return
        if self._was_connected:
            self.counters["reconnects"] += 1
            self._inbox.gap.set()
        self._was_connected = True
        self._connected.set()
        await asyncio.shield(link.lost)

    def _let_go(self, link: Link) -> None:
        """Send what can still be sent, count the rest; subscriptions wait for the next connection."""
        link.flush()
        link.transport.close()
        self.counters["dropped"] += link.waiting
        self._link = None
        self._connected.clear()
        self._answers = {pattern: answer for pattern, answer in self._answers.items() if not answer.done()}
        if link.fault is not None:
            log.warning("the bus broke the protocol: %s", link.fault.message)

    def _obey(self, verb: str, argument: str, body: bytes) -> None:
        """Take an answer of the server."""
        if verb == HELLO and self._greeted is not None and not self._greeted.done():
            self._meet(argument)
            self._greeted.set_result(None)
        elif verb == SUB and argument in self._answers:
            _settle(self._answers[argument], None)
        elif verb == ERR:
            self._take_refusal(argument, body.decode("utf-8", "replace"))

    def _meet(self, instance: str) -> None:
        """Forget what a server refused once there is another one."""
        if instance != self._instance:
            self._instance = instance
            self._refused.clear()

    def _take_refusal(self, word: str, message: str) -> None:
        """
        Remember why the server ends the connection; a subscription that it refused is over.

        A topic that it refused is not sent to it again: each attempt would cost the connection, and whatever is published
        to the subscriptions until it is back.
        """
        self._refusal = refusal = BusError(message)
        kind, _, subject = word.partition(" ")
        log.log(logging.INFO if kind == "stop" else logging.WARNING, "the bus ends the connection: %s", message)
        if kind == "subscribe":
            self._inbox.withdraw(subject, refusal)
            answer = self._answers.pop(subject, None)
            if answer is not None:
                _settle(answer, refusal)
        elif kind == "publish" and len(self._refused) < TOPICS:
            self._refused[subject] = message
            self._heads.pop(subject, None)

    def _head(self, topic: str) -> bytes:
        """Return the header for a topic that may be published, and remember it."""
        self._policy.check_publish(check_topic(topic))
        if topic in self._refused:
            raise BusError(self._refused[topic], remedy="decnet/catalog.py says who publishes what")
        if len(self._heads) >= TOPICS:
            self._heads.clear()
        head = self._heads[topic] = head_of(PUB, topic)
        return head

    def _answer_to(self, pattern: str) -> asyncio.Future[BusError | None]:
        """Return the server's answer to a subscription, asked for if it was not yet."""
        answer = self._answers.get(pattern)
        if answer is None:
            answer = self._answers[pattern] = asyncio.get_running_loop().create_future()
            if self._link is not None:
                self._link.send(frame_of(SUB, pattern))
        return answer

    async def _forget(self, mailbox: Mailbox) -> None:
        """Tell the server that nobody here wants a pattern any more."""
        if self._inbox.forget(mailbox):
            self._answers.pop(mailbox.pattern, None)
            if self._link is not None:
                self._link.send(frame_of(UNSUB, mailbox.pattern))


def _settle(answer: asyncio.Future[BusError | None], refusal: BusError | None) -> None:
    """Answer those who wait for a subscription."""
    if not answer.done():
        answer.set_result(refusal)
