# SPDX-License-Identifier: MIT
"""
Receives the attackers: accepts on the sockets that were handed over and lets the lures talk, within bounds.

Nothing here opens a socket to the network. A lure that fails ends one session, a client that stays silent blocks nobody, and
where connections or open files run out the others wait in the backlog instead of being lost.
"""

import asyncio
import errno
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from decnet.config.model import Lures
from decnet.domain.captured import text
from decnet.domain.evidence import Closed, Endpoint, Opened, Origin, Violation, new_id
from decnet.domain.persona import Decoy
from decnet.engine.departure import hang_up, let_go
from decnet.engine.messages import Key, Post
from decnet.errors import DecnetError
from decnet.failure import messages, type_of
from decnet.lures.endpoint import endpoint_of
from decnet.lures.lure import Loan, Lure, Pen, Session

ACCEPTS_AT_ONCE = 32
STARVED_SECONDS = 0.2
GRACE_SECONDS = 2.0
SHOWN_BYTES = 4096
_STARVING = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

Build = Callable[[str, Decoy, dict[str, str]], Lure]
Guard = Callable[[Awaitable[None], str], Awaitable[bool]]
Report = Callable[[Key, str], Awaitable[None]]
Lend = Callable[[Key, float], Awaitable[Loan]]


@dataclass
class _Door:
    """A socket on which clients arrive, the lure behind it (none: it cannot be built), and the sessions that came in."""

    post: Post
    listener: socket.socket
    lure: Lure | None
    sessions: set["asyncio.Task[None]"] = field(default_factory=set)


class Reception:
    """
    Serves sockets within ``limits``; ``run`` is a task of the owner.

    ``build`` makes a lure of its name, its decoy and its options, ``guard`` awaits a session and says whether it went well,
    ``report`` is told why a socket is not served (an empty reason: it is), ``lend`` has one more socket beside one of these.
    """

    def __init__(self, *, limits: Lures, pen: Pen, build: Build, guard: Guard, report: Report, lend: Lend) -> None:
        self.limits = limits
        self.counters: Counter[str] = Counter(accepted=0, busy=0, starved=0)
        self._pen = pen
        self._build = build
        self._guard = guard
        self._report = report
        self._lend = lend
        self._doors: dict[Key, _Door] = {}
        self._waiting: dict[Key, tuple[Post, socket.socket]] = {}
        self._woken = asyncio.Event()
        self._lures: dict[tuple[str, str], tuple[Decoy, dict[str, str], Lure]] = {}
        self._peers: Counter[str] = Counter()
        self._tasks: asyncio.TaskGroup | None = None
        self._starved: asyncio.TimerHandle | None = None

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return sum(self._peers.values())

    async def run(self, begin: Callable[[], None]) -> None:
        """Receive until cancelled, then let sessions end within a short grace; ``begin`` is called once sockets may come."""
        async with asyncio.TaskGroup() as self._tasks:
            begin()
            try:
                await self._open_doors()
            finally:
                self._close_doors()
                await self._grace()

    def put(self, post: Post, listener: socket.socket) -> None:
        """Serve a socket for a post; one that is already served changes its lure, and sessions go on with the old one."""
        self._waiting[post.key] = (post, listener)
        self._woken.set()

    async def drop(self, keys: Iterable[Key]) -> None:
        """Stop serving sockets and end their sessions; the sockets themselves are the owner's to close."""
        for key in keys:
            self._waiting.pop(key, None)
            door = self._doors.pop(key, None)
            if door is None:
                continue
            asyncio.get_running_loop().remove_reader(door.listener)
            for session in tuple(door.sessions):
                session.cancel()
        served = {(door.post.decoy.name, door.post.lure) for door in self._doors.values()}
        self._lures = {place: entry for place, entry in self._lures.items() if place in served}

    async def _open_doors(self) -> None:
        """Build the lures of the sockets that came, one after the other, so that sessions go on meanwhile."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                key = next(iter(self._waiting))
                post, listener = self._waiting.pop(key)
                if not await self._guard(self._open(post, listener), f"the lure {post.lure} of {post.decoy.name}"):
                    await self._refuse(post, listener, "the lure cannot be built; the log of the decoys service says why")
                await asyncio.sleep(0)

    async def _open(self, post: Post, listener: socket.socket) -> None:
        """Build the lure of a post and let clients in."""
        try:
            lure = self._lure(post)
        except DecnetError as error:
            await self._refuse(post, listener, error.message)
            return
        self._attend(post, listener, lure)
        await self._report(post.key, "")

    async def _refuse(self, post: Post, listener: socket.socket, reason: str) -> None:
        """Turn everybody away on this socket (what came is evidence all the same), and say why."""
        self._attend(post, listener, None)
        await self._report(post.key, reason)

    def _attend(self, post: Post, listener: socket.socket, lure: Lure | None) -> None:
        """Accept on a socket, for this lure from now on."""
        door = self._doors.get(post.key)
        if door is not None:
            door.post, door.lure = post, lure
            return
        door = self._doors[post.key] = _Door(post, listener, lure)
        if self._starved is None:
            asyncio.get_running_loop().add_reader(listener, self._accept, door)

    def _lure(self, post: Post) -> Lure:
        """Return the lure of a post: one for all addresses of a decoy, built anew when decoy or options are others."""
        place = (post.decoy.name, post.lure)
        known = self._lures.get(place)
        if known is None or known[:2] != (post.decoy, post.options):
            known = self._lures[place] = (post.decoy, post.options, self._build(post.lure, post.decoy, post.options))
        return known[2]

    def _accept(self, door: _Door) -> None:
        """Let in who waits at a door, but not more at once than is fair to the other doors."""
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                connection, peer = door.listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _STARVING:
                    self._wait_for_room()
                    return
                continue  # this client left before it was let in (accept(2)); the next one may be there
            self._admit(door, connection, peer)

    def _wait_for_room(self) -> None:
        """Leave clients in the backlog for a moment: there is no open file for them now."""
        self.counters["starved"] += 1
        loop = asyncio.get_running_loop()
        for door in self._doors.values():
            loop.remove_reader(door.listener)
        self._starved = self._starved or loop.call_later(STARVED_SECONDS, self._look_again)

    def _look_again(self) -> None:
        """Let clients in again."""
        self._starved = None
        loop = asyncio.get_running_loop()
        for door in self._doors.values():
            loop.add_reader(door.listener, self._accept, door)

    def _admit(self, door: _Door, connection: socket.socket, peer: tuple[Any, ...]) -> None:
        """Begin a session, or turn the client away where there are too many."""
        connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        self.counters["accepted"] += 1
        session = self._session(door.post, connection, endpoint_of(peer))
        if self._tasks is None or door.lure is None:
            self._turn_away(session, "error")
            return
        if self._is_full(session.origin.peer.address):
            self.counters["busy"] += 1
            self._turn_away(session, "busy")
            return
        self._peers[session.origin.peer.address] += 1
        task = self._tasks.create_task(self._converse(door.lure, session))
        door.sessions.add(task)
        task.add_done_callback(door.sessions.discard)

    def _turn_away(self, session: Session, reason: str) -> None:
        """End a session before it began."""
        session.record(Opened())
        session.connection.close()
        session.record(Closed(reason=reason, seconds=0.0))

    def _session(self, post: Post, connection: socket.socket, peer: Endpoint) -> Session:
        """Return the session of a connection; who it is about comes from the socket alone."""
        origin = Origin(
            decoy=post.decoy.name,
            lure=post.lure,
            session=new_id(),
            peer=peer,
            local=endpoint_of(connection.getsockname()),
        )
        limits = self.limits
        return Session(
            connection=connection,
            origin=origin,
            pen=self._pen,
            idle_seconds=limits.idle_seconds,
            byte_limit=limits.session_bytes,
            lend=partial(self._lend, post.key),
        )

    def _is_full(self, address: str) -> bool:
        """Say whether there is no place for one more session of this address."""
        return self.sessions >= self.limits.connections or self._peers[address] >= self.limits.connections_per_peer

    async def _converse(self, lure: Lure, session: Session) -> None:
        """Let the lure talk; record the beginning before and the end after, whatever happens in between."""
        began = time.monotonic()
        session.record(Opened())
        what = f"a session of the lure {session.origin.lure} of {session.origin.decoy}"
        try:
            if not await self._guard(self._talk(lure, session), what):
                session.end("error")
            await let_go(session)
        except asyncio.CancelledError:
            session.end("shutdown")
            raise
        finally:
            self._end(session, time.monotonic() - began)

    async def _talk(self, lure: Lure, session: Session) -> None:
        """Let the lure talk for at most the time of a session; that a client leaves is no failure."""
        clock = asyncio.timeout(self.limits.session_seconds)
        try:
            async with clock:
                await self._serve(lure, session)
        except ConnectionError:
            pass
        except TimeoutError:
            if not clock.expired():
                raise
            session.end("time")

    async def _serve(self, lure: Lure, session: Session) -> None:
        """Let the lure talk; what goes wrong in it is told by the evidence, as the log may not hold what an exception says."""
        try:
            await lure.serve(session)
        except ConnectionError:
            raise
        except Exception as error:
            session.record(_confession(error))
            raise

    def _end(self, session: Session, seconds: float) -> None:
        """Close the connection, record the end, give the place back."""
        hang_up(session)
        session.record(Closed(reason=session.reason, seconds=seconds, received=session.received, sent=session.sent))
        address = session.origin.peer.address
        self._peers[address] -= 1
        if not self._peers[address]:
            del self._peers[address]

    def _close_doors(self) -> None:
        """Let nobody in any more; who waits, waits in the backlog for the next decoys service."""
        if self._starved is not None:
            self._starved.cancel()
        for door in self._doors.values():
            asyncio.get_running_loop().remove_reader(door.listener)

    async def _grace(self) -> None:
        """Let sessions end by themselves for a moment; the task group ends the others."""
        sessions = [session for door in self._doors.values() for session in door.sessions]
        if sessions:
            await asyncio.wait(sessions, timeout=GRACE_SECONDS)


def _confession(error: Exception) -> Violation:
    """Return the record of a mistake of ours: all that the exceptions say, within bounds."""
    said = messages(error).encode("utf-8", "backslashreplace")[:SHOWN_BYTES]
    return Violation(reason=f"internal error: {type_of(error)}", data=text(said))
