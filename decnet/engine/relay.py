# SPDX-License-Identifier: MIT
"""
The decoys service's end of the hand-over, which is its bus as well: the only connection that it ever has.

It keeps every socket that it was handed until it is told to let go, so that decoys answer while the agent is away; when the
agent is back it gets its copies back. What the service publishes and subscribes to goes through the agent.
"""

import asyncio
import logging
import os
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from decnet.bus.bus import Hook, Message, Sender, Subscription
from decnet.bus.mailbox import Mailbox
from decnet.bus.subjects import check_pattern, matches
from decnet.domain.evidence import now
from decnet.engine.borrower import Borrowed, Borrower
from decnet.engine.handover import BATCH, Channel, close_all, listener_of
from decnet.engine.messages import (
    ON_DEMAND,
    VERSIONS,
    Bye,
    Deny,
    End,
    Grant,
    HandoverError,
    Hello,
    Key,
    Offer,
    Post,
    Relayed,
    Serve,
    Trouble,
    Welcome,
    Withdraw,
    Withdrawn,
    expect,
)
from decnet.engine.messages import Message as Spoken
from decnet.errors import BusError, HostError
from decnet.events import Event, decode, encode
from decnet.host.peer import Peer, peer_of
from decnet.version import VERSION

log = logging.getLogger(__name__)

GREETING_SECONDS = 10.0
SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 1.0

Admit = Callable[[Peer], None]
Put = Callable[[Post, socket.socket], None]
Drop = Callable[[list[Key]], Awaitable[None]]


class RelayBus:
    """
    Dials the agent, holds what it lends, and carries events in both directions.

    ``admit`` raises ``HandoverError`` for an agent that is none, ``versions`` are those of the protocol that it speaks. Call
    ``attach`` to be given the sockets.
    """

    def __init__(self, path: Path, *, admit: Admit, versions: Sequence[int] = VERSIONS) -> None:
        self.counters = {"published": 0, "received": 0, "dropped": 0, "reconnects": 0, "malformed": 0}
        self.host = ""
        self._path = path
        self._admit = admit
        self._versions = versions
        self._held: dict[Key, tuple[Post, socket.socket]] = {}
        self._put: Put | None = None
        self._drop: Drop | None = None
        self._channel: Channel | None = None
        self._sending = asyncio.Lock()
        self._connected = asyncio.Event()
        self._supplied = asyncio.Event()
        self._mailboxes: set[Mailbox] = set()
        self._hooks: list[Hook] = []
        self._complaint = ""
        self._visits = 0
        self._version = 0
        self._borrower = Borrower(self._send_on_demand)

    def attach(self, put: Put, drop: Drop) -> None:
        """Call ``put`` with each socket and its task, ``drop`` before sockets are closed; those already here at once."""
        self._put, self._drop = put, drop
        for post, listener in self._held.values():
            put(post, listener)

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._borrower.run())
            await self._keep_visiting()

    async def _keep_visiting(self) -> None:
        """Visit the agent, again and again."""
        pause = SHORTEST_PAUSE
        while True:
            if await self._visit():
                pause = SHORTEST_PAUSE
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def release(self) -> None:
        """Close every socket; the agent has its copies. Nobody may be accepting on them any more."""
        for _, listener in self._held.values():
            listener.close()
        self._held.clear()

    async def connected(self) -> None:
        """Return once the agent answered."""
        await self._connected.wait()

    async def supplied(self, seconds: float) -> bool:
        """Wait until the agent has handed over what it held; say whether it did within this time."""
        try:
            async with asyncio.timeout(seconds):
                await self._supplied.wait()
        except TimeoutError:
            return False
        return True

    async def publish(self, event: Event) -> None:
        """Send an event through the agent; counted as dropped while it is away."""
        await self.publish_raw(event.topic, encode(event))

    async def publish_raw(self, topic: str, body: bytes) -> None:
        """Send the body of an event through the agent."""
        sent = self._connected.is_set() and await self._send(Relayed(topic, body.decode()))
        self.counters["published" if sent else "dropped"] += 1

    async def subscribe(self, pattern: str) -> Subscription:
        """Return what the agent passes on of a pattern."""
        mailbox = Mailbox(check_pattern(pattern), self._forget)
        self._mailboxes.add(mailbox)
        return mailbox

    def on_gap(self, hook: Hook) -> None:
        """Call ``hook`` after each reconnect."""
        self._hooks.append(hook)

    def decode(self, message: Message) -> Event:
        """Return the event of a message; raise ``BusError``, counted, where it is none."""
        try:
            return decode(message.body)
        except BusError:
            self.counters["malformed"] += 1
            raise

    async def report(self, key: Key, reason: str) -> None:
        """Tell the agent why a socket is not served; an empty reason says that it is."""
        await self._send(Trouble(key, reason))

    async def borrow(self, beside: Key, seconds: float) -> Borrowed:
        """
        Return one more listening socket on the address of ``beside``, for one connection within so many seconds.

        Raises ``HandoverError`` where the agent denies it, is away, or is too old for that.
        """
        return await self._borrower.borrow(beside, seconds)

    @property
    def borrowed(self) -> dict[str, int]:
        """How many sockets on demand the agent granted and denied."""
        return dict(self._borrower.counters)

    async def close(self) -> None:
        """Take leave of the agent and end every subscription; the sockets stay until ``release``."""
        if self._connected.is_set():
            await self._send(Bye())
        for mailbox in tuple(self._mailboxes):
            await mailbox.close()

    async def _visit(self) -> bool:
        """Dial, greet, and stay until the connection ends; say whether the agent had welcomed us."""
        channel = None
        welcomed = False
        try:
            channel = await self._dial()
            async with asyncio.timeout(GREETING_SECONDS):
                await self._greet(channel)
            welcomed = True
            await self._begin(channel)
            await self._hear(channel)
        except (OSError, EOFError, TimeoutError, HostError) as error:
            self._complain(str(error) or "the agent left")
        finally:
            self._connected.clear()
            self._channel = None
            self._borrower.give_up()
            if channel is not None:
                channel.close()
        return welcomed

    async def _dial(self) -> Channel:
        """Return the connection to the agent, who is who it has to be."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            await asyncio.get_running_loop().sock_connect(connection, str(self._path))
            self._admit(peer_of(connection))
        except (OSError, HostError):
            connection.close()
            raise
        return Channel(connection)

    async def _greet(self, channel: Channel) -> None:
        """Agree on a version, then offer everything that is still held here."""
        await channel.send(Hello(list(self._versions), VERSION))
        message, descriptors = await channel.receive()
        close_all(descriptors)
        welcome = expect(message, Welcome)
        self.host, self._version = welcome.host, welcome.version
        keys = list(self._held)
        for start in range(0, max(1, len(keys)), BATCH):
            batch = keys[start : start + BATCH]
            copies = [self._held[key][1].fileno() for key in batch]
            await channel.send(Offer(batch, last=start + BATCH >= len(keys)), copies)

    async def _begin(self, channel: Channel) -> None:
        """Be connected; whoever waits for that, or missed something, is told."""
        log.info("connected to the agent; %d sockets were still held here", len(self._held))
        self._complaint = ""
        self._channel = channel
        self._connected.set()
        self._visits += 1
        self.counters["reconnects"] = self._visits - 1
        for hook in self._hooks if self._visits > 1 else ():
            await hook()

    async def _hear(self, channel: Channel) -> None:
        """Do what the agent says until it leaves."""
        while True:
            message, descriptors = await channel.receive()
            if isinstance(message, Serve):
                self._take(message, descriptors)
                if not message.posts:
                    self._supplied.set()
                continue
            if isinstance(message, Grant | Deny):
                self._borrower.take(message, descriptors)
                continue
            close_all(descriptors)
            if isinstance(message, Withdraw):
                await self._let_go(message.keys)
            elif isinstance(message, Relayed):
                self._deliver(message)
            elif isinstance(message, End):
                raise HandoverError(f"the agent ends the connection: {message.reason}")
            else:
                raise HandoverError(f"{type(message).__name__} is not for the decoys service")

    def _take(self, message: Serve, descriptors: list[int]) -> None:
        """Hold the sockets that were handed over; one that is already held keeps its descriptor and changes its task."""
        if len(descriptors) != len(message.posts):
            close_all(descriptors)
            raise HandoverError(f"{len(descriptors)} descriptors came for {len(message.posts)} posts")
        for place, post in enumerate(message.posts):
            try:
                self._take_one(post, descriptors[place])
            except HandoverError:
                close_all(descriptors[place + 1 :])
                raise

    def _take_one(self, post: Post, descriptor: int) -> None:
        """Hold one socket for its task."""
        if post.key in self._held:
            os.close(descriptor)
            listener = self._held[post.key][1]
        else:
            listener = listener_of(descriptor, post.key)
        self._held[post.key] = (post, listener)
        if self._put:
            self._put(post, listener)

    async def _let_go(self, keys: list[Key]) -> None:
        """Close sockets, and say so."""
        if self._drop:
            await self._drop(keys)
        for key in keys:
            held = self._held.pop(key, None)
            if held:
                held[1].close()
        await self._send(Withdrawn(keys))

    def _deliver(self, message: Relayed) -> None:
        """Give an event to whoever subscribed to its topic."""
        self.counters["received"] += 1
        sender = Sender(uid=-1, pid=0, unit="", client="agent")
        arrived = Message(message.topic, message.body.encode(), self.counters["received"], now(), sender)
        for mailbox in self._mailboxes:
            if matches(mailbox.pattern, message.topic):
                self.counters["dropped"] += mailbox.put((arrived,), len(arrived.body))

    async def _send(self, message: Spoken) -> bool:
        """Send one message, one after the other; say whether there was somebody to take it."""
        async with self._sending:
            if self._channel is None:
                return False
            try:
                await self._channel.send(message)
            except OSError:
                return False
            return True

    async def _send_on_demand(self, message: Spoken) -> bool:
        """Send what an older agent would not understand."""
        return self._version >= ON_DEMAND and await self._send(message)

    def _complain(self, reason: str) -> None:
        """Log why there is no agent, once for each reason."""
        if reason != self._complaint:
            log.warning("no agent at %s: %s; what is held goes on being served", self._path, reason)
            self._complaint = reason

    async def _forget(self, mailbox: Mailbox) -> None:
        """Let go of a subscription that was closed."""
        self._mailboxes.discard(mailbox)
