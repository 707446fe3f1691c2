# SPDX-License-Identifier: MIT
"""
The bus itself: one process that passes on what its clients publish.

It never blocks a publisher, never looks into a body, and says on ``system.bus.stats`` what it did.
"""

import asyncio
import logging
import secrets
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

import orjson

from decnet.bus.bus import Sender
from decnet.bus.complaints import Complaints
from decnet.bus.connection import Connection, Put, Refused
from decnet.bus.endpoint import Endpoint
from decnet.bus.outbox import Outbox, OutboxLimits
from decnet.bus.subjects import Routes
from decnet.bus.wire import HELLO, MAX_BODY, MAX_HEADER, PROTOCOL, frame_of, payload_of, stamp_of
from decnet.config.model import Bus as Settings
from decnet.errors import BusError
from decnet.events import BusMeasured, MessagesDropped, encode
from decnet.host.memory import give_back
from decnet.host.peer import this_process
from decnet.version import VERSION

log = logging.getLogger(__name__)

CHECK_SECONDS: Final = 1.0
STATS_SECONDS: Final = 10.0
RECEIVE_BYTES: Final = 128 * 1024
"""Read in one turn of the loop: less than is written in one, so that a reader who keeps up loses nothing."""
PATTERNS_OF_ALL: Final = 16
SHARE_OF_A_USER: Final = 4
"""A user who is neither root nor ours gets one of so many parts of the connections."""
GROUPS: Final = 4096
RUSH: Final = 10_000
"""After so many messages, and then a second without any, memory is given back."""
NAME: Final = "bus"


class Receiver(Protocol):
    """Whoever gets events: a connection, or the server's own process."""

    def put(self, frames: Sequence[bytes], size: int) -> bool:
        """Take EVT frames of ``size`` bytes in all; say whether a moment's pause would help."""


class BusServer:
    """
    The server of the bus.

    ``start`` opens the socket, ``run`` does what time asks for until it is cancelled, ``stop`` closes everything.
    """

    def __init__(self, endpoint: Endpoint, settings: Settings) -> None:
        self.identity = this_process()
        self.instance = secrets.token_hex(8)
        self.buffer = bytearray(RECEIVE_BYTES)
        self.connections: set[Connection] = set()
        self.complaints = Complaints()
        self.last_id = 0
        self._endpoint = endpoint
        self._stamp = stamp_of(Sender(uid=self.identity.uid, pid=self.identity.pid, unit=self.identity.unit, client=NAME))
        self._routes: Routes[Connection | Receiver] = Routes()
        self._groups: dict[tuple[Put, ...], tuple[Put, ...]] = {}
        self._users: Counter[int] = Counter()
        self._to_flush: list[Outbox] = []
        self._server: asyncio.Server | None = None
        self._left = Counter[str]()
        self._seen_id = self._tidied_id = 0
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Take new limits: those of the queues hold for clients that connect from now on."""
        self.limits = OutboxLimits(size=settings.queue_bytes, count=settings.queue_count)
        self.patterns = settings.patterns
        self._most_connections = settings.connections

    async def start(self, environment: Mapping[str, str]) -> None:
        """Listen; raises what ``Endpoint.open`` raises."""
        listener = self._endpoint.open(environment)
        listener.settimeout(0)
        loop = asyncio.get_running_loop()
        if sys.version_info >= (3, 13):
            # the endpoint removes the socket, and only its own
            self._server = await loop.create_unix_server(lambda: Connection(self), sock=listener, cleanup_socket=False)
        else:
            self._server = await loop.create_unix_server(lambda: Connection(self), sock=listener)
        log.info("the bus listens on %s", self._endpoint.path)

    async def run(self) -> None:
        """Look after socket and clients every second, publish the counters every ten; raises what ``Endpoint.check`` raises."""
        loop = asyncio.get_running_loop()
        measured_at = loop.time()
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self._endpoint.check()
            for connection in tuple(self.connections):
                connection.check(loop.time())
            self.tidy()
            if loop.time() - measured_at >= STATS_SECONDS:
                measured_at = loop.time()
                self.publish(BusMeasured.pattern, encode(self.measure()))

    def tidy(self) -> None:
        """Give memory back once a rush is over; called every second."""
        is_quiet, self._seen_id = self.last_id == self._seen_id, self.last_id
        if is_quiet and self.last_id - self._tidied_id >= RUSH:
            self._tidied_id = self.last_id
            give_back()

    async def stop(self) -> None:
        """Stop listening, tell the clients, close every connection, remove the socket."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self.connections):
            connection.close("stop", "the bus stops")
        for _ in range(2):
            # each connection's end is a callback of the loop; what a client does not read is not waited for
            await asyncio.sleep(0)
        for connection in tuple(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        self._endpoint.close()

    def publish(self, topic: str, body: bytes, sender: Receiver | None = None) -> None:
        """Send a message of the server's own process to whoever subscribed it, ``sender`` left out."""
        frame = self._frame(topic, body)
        for receiver in self._routes.match(topic):
            if receiver is not sender:
                _put_of(receiver)((frame,), len(frame))

    def measure(self) -> BusMeasured:
        """Return the counters since the start."""
        live = tuple(self.connections)
        return BusMeasured(
            at=datetime.now(UTC),
            connections=len(live),
            subscriptions=len(self._routes),
            received=self._left["received"] + sum(each.received for each in live),
            delivered=self._left["delivered"] + sum(each.outbox.delivered for each in live),
            dropped=self._left["dropped"] + sum(each.outbox.dropped for each in live),
            refused=self.complaints.total,
            clients=[_row(each) for each in live],
        )

    def attach(self, pattern: str, receiver: Receiver) -> None:
        """Let the server's own process receive what ``pattern`` covers."""
        self._routes.add(pattern, receiver)
        self._forget_routes()

    def detach(self, pattern: str, receiver: Receiver) -> None:
        """End that."""
        self._routes.remove(pattern, receiver)
        self._forget_routes()

    def admit(self, connection: Connection) -> None:
        """Take a new client, or raise ``Refused``: no user but root and ours may fill the bus."""
        uid = connection.peer.uid
        self.connections.add(connection)
        self._users[uid] += 1
        is_ours = uid in (0, self.identity.uid)
        most = self._most_connections if is_ours else max(1, self._most_connections // SHARE_OF_A_USER)
        if len(self.connections) > self._most_connections or (not is_ours and self._users[uid] > most):
            raise Refused("full", f"there are already {most} connections")

    def release(self, connection: Connection) -> None:
        """Forget a client that has left; its counters stay."""
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        self._users[connection.peer.uid] -= 1
        for pattern in connection.patterns:
            self._routes.remove(pattern, connection)
        self._left.update(
            received=connection.received, delivered=connection.outbox.delivered, dropped=connection.outbox.dropped
        )
        self._forget_routes()

    def greeting(self) -> bytes:
        """Return the answer to HELLO: instance, version, limits."""
        limits = {"header": MAX_HEADER, "body": MAX_BODY, "patterns": self.patterns}
        body = orjson.dumps({"protocol": PROTOCOL, "version": VERSION, "limits": limits})
        return frame_of(HELLO, self.instance, body)

    def subscribe(self, connection: Connection, pattern: str) -> None:
        """Route what ``pattern`` covers to a client; the counters are sent at once to whoever asks for them."""
        if len(self._routes) >= PATTERNS_OF_ALL * self.patterns:
            raise Refused(f"subscribe {pattern}", f"the bus has at most {PATTERNS_OF_ALL * self.patterns} patterns")
        self._routes.add(pattern, connection)
        self._forget_routes()
        if pattern == BusMeasured.pattern:
            frame = self._frame(pattern, encode(self.measure()))
            connection.outbox.put((frame,), len(frame))

    def unsubscribe(self, connection: Connection, pattern: str) -> None:
        """End that."""
        self._routes.remove(pattern, connection)
        self._forget_routes()

    def receivers(self, topic: str, sender: Connection) -> tuple[Put, ...]:
        """Return the queues of everybody but the sender who subscribed ``topic``, each once; the same object for the same."""
        found = tuple(_put_of(receiver) for receiver in self._routes.match(topic) if receiver is not sender)
        if len(self._groups) >= GROUPS:
            self._groups.clear()
        return self._groups.setdefault(found, found)

    def schedule(self, outbox: Outbox) -> None:
        """Write what ``outbox`` holds in the next turn of the loop."""
        if not self._to_flush:
            asyncio.get_running_loop().call_soon(self._flush)
        self._to_flush.append(outbox)

    def announcement(self, count: int, total: int) -> bytes:
        """Return the frame that tells a subscriber what it missed."""
        event = MessagesDropped(count=count, total=total)
        return self._frame(event.topic, encode(event))

    def complain(self, connection: Connection, reason: BusError) -> None:
        """Count a refusal and log it, rarely."""
        peer = connection.peer
        self.complaints.add(peer.unit or f"a client of user {peer.uid}", f"{connection.name or 'unnamed'}: {reason.message}")

    def _flush(self) -> None:
        """Write to every client for whom something was queued."""
        outboxes, self._to_flush = self._to_flush, []
        for outbox in outboxes:
            outbox.flush()

    def _forget_routes(self) -> None:
        """Let every client's messages find their receivers anew."""
        self._groups.clear()
        for connection in self.connections:
            connection.routes.clear()

    def _frame(self, topic: str, body: bytes) -> bytes:
        """Return a message of the server's own."""
        self.last_id += 1
        head = f"EVT {topic} {self.last_id} {time.time_ns() // 1000}".encode("ascii")
        return head + self._stamp + payload_of(body)


def _put_of(receiver: Connection | Receiver) -> Put:
    """Return the queue of a receiver."""
    return receiver.outbox.put if isinstance(receiver, Connection) else receiver.put


def _row(connection: Connection) -> dict[str, int | str]:
    """Return what the counters say of one client."""
    return {
        "client": connection.name,
        "unit": connection.peer.unit,
        "uid": connection.peer.uid,
        "pid": connection.peer.pid,
        "patterns": len(connection.patterns),
        "received": connection.received,
        "delivered": connection.outbox.delivered,
        "waiting": connection.outbox.waiting,
        "dropped": connection.outbox.dropped,
    }
