# SPDX-License-Identifier: MIT
"""
One client, as the server sees it.

The client speaks first (HELLO) and is then held to its policy. Whoever breaks the protocol or the policy is told why (ERR)
and closed; nobody else notices. The way of a message through here is short on purpose: what a header means is worked out
once and remembered, and a body is never looked into.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Protocol, cast

from decnet.bus import policy
from decnet.bus.allowance import Allowance
from decnet.bus.bus import Sender
from decnet.bus.outbox import Outbox, OutboxLimits
from decnet.bus.policy import Policy
from decnet.bus.subjects import check_pattern, check_topic
from decnet.bus.wire import (
    BYE,
    ERR,
    HELLO,
    PING,
    PONG,
    PUB,
    SUB,
    UNSUB,
    Splitter,
    WireError,
    check_name,
    frame_of,
    parse_header,
    stamp_of,
)
from decnet.errors import BusError, HostError
from decnet.host.peer import Peer, peer_of

log = logging.getLogger(__name__)

HELLO_SECONDS: Final = 5.0
FRAME_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 30.0
GOODBYE_SECONDS: Final = 2.0
PACE_SECONDS: Final = 0.001
ROUTES: Final = 1024
"""More topics than there are events; what a client makes the server remember takes less than half a megabyte."""
SEND_BYTES: Final = 512 * 1024

Put = Callable[[Sequence[bytes], int], bool]
Route = tuple[bytes, tuple[Put, ...]]
"""The beginning of the header that receivers get, and the queues of the receivers."""
NOWHERE: Final[Route] = (b"", ())


class Refused(BusError):  # noqa: N818 - it is the answer that the client gets
    """What ends a connection: ``word`` is for programs, the message for people."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


class Exchange(Protocol):
    """What a connection needs of the server that it belongs to."""

    identity: Peer
    buffer: bytearray
    limits: OutboxLimits
    patterns: int
    last_id: int

    def admit(self, connection: "Connection") -> None:
        """Take a new client, or raise ``Refused``."""

    def release(self, connection: "Connection") -> None:
        """Forget a client that has left."""

    def greeting(self) -> bytes:
        """Return the answer to HELLO."""

    def subscribe(self, connection: "Connection", pattern: str) -> None:
        """Route what ``pattern`` covers to the client, or raise ``Refused``."""

    def unsubscribe(self, connection: "Connection", pattern: str) -> None:
        """End that."""

    def receivers(self, topic: str, sender: "Connection") -> tuple[Put, ...]:
        """Return the queues of the others who subscribed ``topic``: the same object for the same queues."""

    def schedule(self, outbox: Outbox) -> None:
        """Call ``outbox.flush`` in the next turn of the loop."""

    def announcement(self, count: int, total: int) -> bytes:
        """Return the frame that tells of dropped messages."""

    def complain(self, connection: "Connection", reason: BusError) -> None:
        """Count and log what the client did wrong."""


class Connection(asyncio.BufferedProtocol):
    """The protocol of one client; made by the server for each one that connects."""

    transport: asyncio.Transport
    outbox: Outbox
    peer: Peer

    def __init__(self, exchange: Exchange) -> None:
        self.name = ""
        self.policy: Policy = policy.NOBODY
        self.patterns: set[str] = set()
        self.routes: dict[bytes, Route] = {}
        self.received = 0
        self._exchange = exchange
        self._splitter = Splitter(in_bursts=True)
        self._stamp = b""
        self._begun_at = self._heard_at = self._frame_at = asyncio.get_running_loop().time()
        self._progress = 0
        self._pinged = False
        self.allowance = Allowance(asyncio.get_running_loop().time)
        self._is_paced = False
        self._closed_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find out who connected; refuse whom the server has no room for, or who is already gone."""
        exchange = self._exchange
        self.transport = transport = cast("asyncio.Transport", transport)
        self.outbox = Outbox(transport, exchange.limits, schedule=exchange.schedule, announce=exchange.announcement)
        endpoint = transport.get_extra_info("socket")
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        try:
            self.peer = peer_of(endpoint)
            exchange.admit(self)
        except HostError as error:
            log.debug("%s", error.message)
            self.peer = Peer(uid=-1, gid=-1, pid=0)
            self._abort()
        except Refused as error:
            self._refuse(error)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended changes nothing
        """Forget the client."""
        self._closed_at = self._closed_at or asyncio.get_running_loop().time()
        self.outbox.discard()
        self.routes.clear()
        self._exchange.release(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - one size suits all
        """Return the server's one receive buffer: it is emptied before anybody else's data can come."""
        return self._exchange.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what the client sent; whatever is wrong with it ends here."""
        if self._closed_at is not None:
            return
        try:
            self._take(bytes(memoryview(self._exchange.buffer)[:nbytes]))
        except Refused as error:
            self._refuse(error)
        except BusError as error:
            self._refuse(Refused("protocol", error.message))
        except Exception:
            log.exception("client %s was cut off: the server failed it", self.name or self.peer)
            self._abort()

    def pause_writing(self) -> None:
        """Let events wait: the client does not read."""
        self.outbox.pause()

    def resume_writing(self) -> None:
        """Send on."""
        self.outbox.resume()

    def check(self, now: float) -> None:
        """Do what time asks for; called every second with the loop's time."""
        if not self._splitter.waits or self._splitter.progress != self._progress:
            self._frame_at, self._progress = now, self._splitter.progress
        if self._closed_at is not None:
            if now - self._closed_at > GOODBYE_SECONDS:
                self._abort()
        elif not self.name and now - self._begun_at > HELLO_SECONDS:
            self._refuse(Refused("hello", f"no HELLO within {HELLO_SECONDS:.0f} seconds"))
        elif now - self._frame_at > FRAME_SECONDS:
            self._refuse(Refused("protocol", f"a frame was not complete after {FRAME_SECONDS:.0f} seconds"))
        elif now - self._heard_at > 2 * IDLE_SECONDS:
            self._refuse(Refused("idle", f"no sign of life for {2 * IDLE_SECONDS:.0f} seconds"))
        elif now - self._heard_at > IDLE_SECONDS and not self._pinged:
            self._pinged = True
            self._answer(frame_of(PING))

    def close(self, word: str, message: str) -> None:
        """Tell the client why and close, without a complaint."""
        if self._closed_at is None:
            self._closed_at = asyncio.get_running_loop().time()
            self.outbox.flush()
            self.transport.write(frame_of(ERR, word, message.encode()))
            self.transport.close()

    def _take(self, data: bytes) -> None:
        """Cut the data into frames, forward messages in batches for the same receivers, obey everything else."""
        exchange, routes, stamp = self._exchange, self.routes, self._stamped()
        self._heard_at, self._pinged = asyncio.get_running_loop().time(), False
        current, batch = NOWHERE, list[bytes]()
        last: bytes | None = None
        try:
            for header, payload in self._splitter.feed(data):
                if header is not last:
                    route = routes.get(header)
                    if route is None:
                        self._forward(current, batch)
                        current, batch = NOWHERE, []
                        route, stamp = self._obey(header), self._stamped()
                    if route[1] is not current[1]:
                        self._forward(current, batch)
                        batch = []
                    current, last = route, None if route is NOWHERE else header
                if current is not NOWHERE:
                    exchange.last_id = number = exchange.last_id + 1
                    batch.append(b"%b%d%b%b" % (current[0], number, stamp, payload))
                elif self._closed_at is not None:
                    break
        finally:
            self._forward(current, batch)

    def _forward(self, route: Route, batch: list[bytes]) -> None:
        """Queue messages for everybody who receives them."""
        if batch:
            self.received += len(batch)
            size = sum(map(len, batch))
            are_behind = [put(batch, size) for put in route[1]]
            if any(are_behind):
                self._pace()

    def _pace(self) -> None:
        """
        Read on a moment later: somebody who receives this does read, but not fast enough.

        This is no flow control: it keeps a burst from being dropped that the receiver has nearly taken. Whoever does not read
        at all slows nobody down, and whoever reads a little, on purpose, takes no more than the allowance.
        """
        if not self._is_paced and self.allowance.is_left():
            self._is_paced = True
            self.transport.pause_reading()
            loop = asyncio.get_running_loop()
            loop.call_later(PACE_SECONDS, self._read_on, loop.time())

    def _read_on(self, paced_at: float) -> None:
        """End the moment, and count how long it was: a busy loop makes it longer."""
        self.allowance.spend(asyncio.get_running_loop().time() - paced_at)
        self._is_paced = False
        self.transport.resume_reading()

    def _stamped(self) -> bytes:
        """Return the end of the header of what this client sends now."""
        return b" %d%b" % (time.time_ns() // 1000, self._stamp)

    def _obey(self, header: bytes) -> Route:
        """Do what a header asks for, or return the way of a message that has it."""
        verb, argument = parse_header(header)
        if (verb == HELLO) == bool(self.name):
            raise WireError("say HELLO first, and once")
        if verb == PUB:
            return self._route(header, argument)
        command = self._commands.get(verb)
        if command is None:
            raise WireError(f"{verb} is for the server to say")
        command(self, argument)
        return NOWHERE

    def _greet(self, name: str) -> None:
        """Learn the client's name, choose its policy, answer."""
        self.name = check_name(name)
        self.policy = policy.of_peer(self.peer, claimed=name, server=self._exchange.identity)
        self._stamp = stamp_of(Sender(uid=self.peer.uid, pid=self.peer.pid, unit=self.peer.unit, client=name))
        self._answer(self._exchange.greeting())

    def _route(self, header: bytes, topic: str) -> Route:
        """Work out whether the client may publish on ``topic`` and who receives it; remember that for the next message."""
        check_topic(topic)
        if not self.policy.may_publish(topic):
            raise Refused(f"publish {topic}", f"{self.policy.name} may not publish {topic}")
        if len(self.routes) >= ROUTES:
            self.routes.clear()
        route = (f"EVT {topic} ".encode("ascii"), self._exchange.receivers(topic, self))
        self.routes[header] = route
        return route

    def _subscribe(self, pattern: str) -> None:
        """Subscribe where policy and room allow it."""
        check_pattern(pattern)
        if not self.policy.may_subscribe(pattern):
            raise Refused(f"subscribe {pattern}", f"{self.policy.name} may not subscribe {pattern}")
        if pattern not in self.patterns and len(self.patterns) >= self._exchange.patterns:
            raise Refused(f"subscribe {pattern}", f"a client has at most {self._exchange.patterns} patterns")
        self.patterns.add(pattern)
        self._exchange.subscribe(self, pattern)
        self._answer(frame_of(SUB, pattern))

    def _unsubscribe(self, pattern: str) -> None:
        """End a subscription; one that is not there is already ended."""
        check_pattern(pattern)
        if pattern in self.patterns:
            self.patterns.discard(pattern)
            self._exchange.unsubscribe(self, pattern)
        self._answer(frame_of(UNSUB, pattern))

    def _pong(self, _: str) -> None:
        """Answer PING."""
        self._answer(frame_of(PONG))

    def _hear(self, _: str) -> None:
        """Take PONG as the sign of life that any frame is."""

    def _leave(self, _: str) -> None:
        """Let the client go that said BYE."""
        self._closed_at = asyncio.get_running_loop().time()
        self.outbox.flush()
        self.transport.close()

    def _answer(self, frame: bytes) -> None:
        """Queue an answer; a client that asks and asks and never reads is cut off."""
        if not self.outbox.answer(frame):
            self._exchange.complain(self, BusError("it asks without reading the answers"))
            self._abort()

    def _refuse(self, reason: Refused) -> None:
        """Count and log what the client did wrong, tell it, close."""
        self._exchange.complain(self, reason)
        self.close(reason.word, reason.message)

    def _abort(self) -> None:
        """Close at once, whatever is still to be sent."""
        self._closed_at = asyncio.get_running_loop().time()
        self.transport.abort()

    _commands: ClassVar[dict[str, Callable[["Connection", str], None]]] = {
        HELLO: _greet,
        SUB: _subscribe,
        UNSUB: _unsubscribe,
        PING: _pong,
        PONG: _hear,
        BYE: _leave,
    }
