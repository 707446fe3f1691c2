# SPDX-License-Identifier: MIT
"""
The agent's end of the hand-over: holds a copy of every listening socket and lends it to the decoys service.

One decoys service is served at a time; who dials while it lives is refused. Descriptors are copied at the moment they are
sent, so that a socket which is withdrawn meanwhile can never be mistaken for another one of the same number.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path

from decnet.bus.policy import of_client
from decnet.config.model import Agent
from decnet.engine.entrance import Entrance
from decnet.engine.greeting import agree_on_version, checked, refuse
from decnet.engine.handover import Channel, listener_of
from decnet.engine.loans import Loans
from decnet.engine.messages import (
    Ask,
    Bye,
    Deny,
    HandoverError,
    Key,
    Message,
    Offer,
    Post,
    Relayed,
    Return,
    Serve,
    Trouble,
    Welcome,
    Withdraw,
    Withdrawn,
    show,
)
from decnet.engine.visitor import Holding, Visitor
from decnet.errors import BusError, HostError
from decnet.events import Event, HealthReported, decode, encode
from decnet.host.peer import Peer, peer_of
from decnet.version import VERSION

log = logging.getLogger(__name__)

GREETING_SECONDS = 10.0
ACKNOWLEDGE_SECONDS = 5.0
LEAVING_SECONDS = 1.0
DENIED_SECONDS = 5.0

Admit = Callable[[Peer], None]
Publish = Callable[[Event], Awaitable[None]]


class Lender:
    """
    Lends listening sockets; ``run`` is a task of the owner, everything else is called from the same event loop.

    ``admit`` raises ``HandoverError`` for a peer that must not have sockets, ``publish`` gets what the decoys service says to
    the bus, ``arrived`` is called when one has connected and offered what it held, ``noted`` when it said which sockets it
    serves, was denied a socket, or has left. ``bounds`` are those of the sockets that lures ask for.
    """

    def __init__(
        self,
        path: Path,
        lock: Path,
        *,
        host: str,
        admit: Admit,
        publish: Publish,
        arrived: Callable[[], None],
        noted: Callable[[], None],
        bounds: Agent | None = None,
    ) -> None:
        self.held: dict[Key, Holding] = {}
        self.loans = Loans(self.held, bounds)
        self.offered: dict[Key, socket.socket] = {}
        self.troubles: dict[Key, str] = {}
        self.serving: set[Key] = set()
        self.refused = 0
        self._entrance = Entrance(path, lock)
        self._host = host
        self._admit = admit
        self._publish = publish
        self._arrived = arrived
        self._noted = noted
        self._visitor: Visitor | None = None
        self._settled = asyncio.Event()
        self._silent_until = 0.0
        self._acknowledged: dict[Key, asyncio.Future[None]] = {}
        self._last_words: dict[str, Relayed] = {}

    @property
    def visitor_pid(self) -> int:
        """The process of the decoys service; 0 while none is connected."""
        return self._visitor.peer.pid if self._visitor else 0

    @property
    def counters(self) -> dict[str, int]:
        """What was refused to the decoys service, and the sockets that it asked for."""
        return {"refused": self.refused, "data_sockets": len(self.loans), **self.loans.counters}

    def start(self) -> None:
        """Listen; raise ``InUseError`` where another agent does, ``HostError`` where the socket cannot be made."""
        self._entrance.open()

    async def run(self) -> None:
        """Answer whoever dials, until cancelled."""
        await self._entrance.run(self._answer)

    def stop(self) -> None:
        """Close everything; the decoys service goes on with its copies."""
        self._entrance.stop_listening()
        self.loans.release()
        for listener in (*self.offered.values(), *(holding.listener for holding in self.held.values())):
            listener.close()
        self.offered.clear()
        self.held.clear()
        self._entrance.close()

    async def settled(self, seconds: float) -> bool:
        """Wait until a decoys service has offered what it holds; say whether one did within this time."""
        try:
            async with asyncio.timeout(seconds):
                await self._settled.wait()
        except TimeoutError:
            return False
        return True

    def serve(self, post: Post, listener: socket.socket | None = None) -> None:
        """Hold ``listener`` (none: the one that is already held) and lend it for this post."""
        if listener is None:
            listener = self.held[post.key].listener
        self.held[post.key] = Holding(post, listener)
        self._forget_words_about(post.key)
        if self._visitor:
            self._visitor.put(post.key)

    def take_offered(self, key: Key) -> socket.socket | None:
        """Return the socket that the decoys service brought for a key, if it did; it is the caller's then."""
        return self.offered.pop(key, None)

    async def withdraw(self, keys: Iterable[Key]) -> None:
        """Close these sockets on both sides; returns when the addresses are free, or the other side does not answer."""
        gone = [self.held.pop(key) for key in keys if key in self.held]
        self.loans.end_beside(holding.post.key for holding in gone)
        await self._close(gone_keys := [holding.post.key for holding in gone], [holding.listener for holding in gone])
        for key in gone_keys:
            self._forget_words_about(key)

    async def settle(self) -> None:
        """Withdraw what was offered and is not wanted."""
        unwanted, self.offered = self.offered, {}
        await self._close(list(unwanted), list(unwanted.values()))

    def tell(self, event: Event) -> None:
        """Pass an event on to the decoys service; the latest one of each topic is said again to the next that connects."""
        message = self._last_words[event.topic] = Relayed(event.topic, encode(event).decode())
        if self._visitor:
            self._visitor.put(message)

    async def _close(self, keys: list[Key], listeners: Iterable[socket.socket]) -> None:
        """Have the copies of the decoys service closed, then close ours."""
        if self._visitor and keys:
            loop = asyncio.get_running_loop()
            waited = {key: self._acknowledged.setdefault(key, loop.create_future()) for key in keys}
            self._visitor.put(Withdraw(keys))
            done, late = await asyncio.wait(waited.values(), timeout=ACKNOWLEDGE_SECONDS)
            if late:
                log.warning("the decoys service did not say that it closed %d of %d sockets", len(late), len(late) + len(done))
            for key in keys:
                self._acknowledged.pop(key, None)
        for listener in listeners:
            listener.close()

    async def _answer(self, connection: socket.socket) -> None:
        """Talk to one who dialled until he leaves; whatever he does, the agent goes on."""
        channel = Channel(connection)
        try:
            peer = peer_of(connection)
            await self._greet(channel, peer)
        except* (OSError, EOFError, TimeoutError, HostError) as group:
            for error in group.exceptions:
                log.warning("a connection to the hand-over socket ended: %s", str(error) or "the peer left")
        finally:
            channel.close()

    async def _greet(self, channel: Channel, peer: Peer) -> None:
        """Check who it is and which version it speaks, then stay with it."""
        try:
            self._admit(peer)
            async with asyncio.timeout(GREETING_SECONDS):
                version = await agree_on_version(channel)
                await self._make_way()
        except HandoverError as error:
            self.refused += 1
            await refuse(channel, error.message)
            raise
        visitor = self._visitor = Visitor(peer)
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                await channel.send(Welcome(version, VERSION, self._host))
                await self._take_offers(channel)
            await self._stay(channel, visitor)
        except asyncio.CancelledError:
            self.loans.release()  # we stop, he goes on
            raise
        finally:
            self._forget(visitor)

    async def _make_way(self) -> None:
        """Refuse a second decoys service, unless the first one is just leaving."""
        if not self._visitor:
            return
        try:
            async with asyncio.timeout(LEAVING_SECONDS):
                await self._visitor.left.wait()
        except TimeoutError:
            raise HandoverError(f"another decoys service is connected: process {self.visitor_pid}") from None

    async def _take_offers(self, channel: Channel) -> None:
        """Take back what the decoys service still holds; what the agent holds itself is the same socket."""
        last = False
        while not last:
            message, descriptors = await channel.receive()
            offer = checked(message, Offer, descriptors, expected=len(message.keys) if isinstance(message, Offer) else 0)
            last = offer.last
            for key, descriptor in zip(offer.keys, descriptors, strict=True):
                self._take(key, descriptor)

    def _take(self, key: Key, descriptor: int) -> None:
        """Keep one offered socket if it is what it is said to be."""
        try:
            listener = listener_of(descriptor, key)
        except HandoverError as error:
            self.refused += 1
            log.warning("%s", error.message)
            return
        if key in self.held or key in self.offered:
            listener.close()
        else:
            self.offered[key] = listener

    async def _stay(self, channel: Channel, visitor: Visitor) -> None:
        """Lend everything that is held, then go on in both directions until the peer leaves."""
        visitor.put(*self.held, Serve([]), *self._last_words.values())
        log.info("a decoys service is connected: process %d; it still held %d sockets", visitor.peer.pid, len(self.offered))
        self._settled.set()
        self._arrived()
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(visitor.say(channel, self.held))
            await self._hear(channel, visitor)
            sending.cancel()

    async def _hear(self, channel: Channel, visitor: Visitor) -> None:
        """Take what the decoys service says; returns when it says goodbye."""
        while True:
            message, descriptors = await channel.receive()
            checked(message, Message, descriptors)
            if isinstance(message, Withdrawn):
                self._acknowledge(message.keys)
            elif isinstance(message, Trouble):
                self._note(message)
            elif isinstance(message, Relayed):
                await self._publish(_event(message, visitor.peer))
            elif isinstance(message, Ask):
                self._lend_on_demand(visitor, message)
            elif isinstance(message, Return):
                self.loans.give_back(message.number)
            elif isinstance(message, Bye):
                log.info("the decoys service leaves: %s", message.reason or "it was asked to")
                return
            else:
                raise HandoverError(f"{type(message).__name__} is not for the agent")

    def _lend_on_demand(self, visitor: Visitor, asked: Ask) -> None:
        """Answer a request for one more socket; what is denied is to be noted, but a flood of it is no reason to hurry."""
        answer = self.loans.ask(asked)
        visitor.answer(answer)
        if isinstance(answer, Deny) and time.monotonic() >= self._silent_until:
            self._silent_until = time.monotonic() + DENIED_SECONDS
            self._noted()

    def _acknowledge(self, keys: Iterable[Key]) -> None:
        """Wake whoever waits for these sockets to be closed."""
        for key in keys:
            waiting = self._acknowledged.get(key)
            if waiting and not waiting.done():
                waiting.set_result(None)

    def _note(self, trouble: Trouble) -> None:
        """Remember whether a socket is served; only of sockets that exist, so that this stays bounded."""
        if trouble.key not in self.held:
            return
        if not trouble.reason:
            self._forget_words_about(trouble.key)
            self.serving.add(trouble.key)
        elif self.troubles.get(trouble.key) != trouble.reason:
            self.serving.discard(trouble.key)
            self.troubles[trouble.key] = trouble.reason
            log.warning("%s is not served: %s", show(trouble.key), trouble.reason)
        self._noted()

    def _forget_words_about(self, key: Key) -> None:
        """Forget what was said of a socket: it is another task now, or none."""
        self.troubles.pop(key, None)
        self.serving.discard(key)

    def _forget(self, visitor: Visitor) -> None:
        """Let go of a decoys service that left; nobody waits for its answers any more."""
        if self._visitor is visitor:
            self._visitor = None
            self.loans.end()
            self._settled.clear()
            self.serving.clear()
            self.troubles.clear()
        visitor.left.set()
        self._acknowledge(list(self._acknowledged))
        self._noted()


def _event(message: Relayed, peer: Peer) -> Event:
    """Return the event of the decoys service, as far as its row in the catalogue lets it; who it is, the kernel says."""
    try:
        event = decode(message.body.encode())
    except BusError as error:
        raise HandoverError(error.message) from error
    if event.topic != message.topic or not of_client("decoys").may_publish(event.topic):
        raise HandoverError(f"the decoys service may not publish {message.topic[:80]}")
    return replace(event, pid=peer.pid) if isinstance(event, HealthReported) else event
