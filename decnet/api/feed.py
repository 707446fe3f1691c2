# SPDX-License-Identifier: MIT
"""
The live feed: server-sent events (the HTML standard, section 9.2), from the log of durable events in the store.

Each stream keeps its place in the log and reads on from there, so that no event is sent twice and none is missing, whoever
was killed in between. The bus only wakes the streams; a slow look does besides. What is not in the log (that the agent
applied a fleet) passes without a number.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from decnet.api.schemas import evidence_of
from decnet.events import Event, EvidenceStored
from decnet.store import events, evidence
from decnet.store.events import LoggedEvent
from decnet.store.keys import Box
from decnet.store.pool import Pool

ALIVE_SECONDS: Final = 10.0
REPLAYED: Final = 10_000
"""How many events a stream is given that it missed."""
_PAGE: Final = 500
_PASSING: Final = 100
_OPTIONS: Final = orjson.OPT_UTC_Z
_ALIVE: Final = b": alive\n\n"
_STORED: Final = EvidenceStored.__name__

Reason = Literal["too-old", "too-many", "unknown"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a stream begins, and why it is not where it was asked to."""

    place: int
    reason: Reason | None = None


class _Listener:
    """One stream: what wakes it, and what passes without a number."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.passing: deque[bytes] = deque(maxlen=_PASSING)


class Feed:
    """All streams of one process; ``close`` ends them."""

    def __init__(self, pool: Pool, box: Box) -> None:
        self._pool = pool
        self._box = box
        self._listeners: set[_Listener] = set()
        self._newest = 0
        self._is_closed = False

    @property
    def streams(self) -> int:
        """How many there are."""
        return len(self._listeners)

    def wake(self) -> None:
        """Have every stream look into the log."""
        for listener in self._listeners:
            listener.woken.set()

    def tell(self, event: Event) -> None:
        """Pass on what is not in the log."""
        frame = _frame(type(event).__name__, {"payload": event})
        for listener in self._listeners:
            listener.passing.append(frame)
        self.wake()

    async def look(self) -> None:
        """Wake the streams where the log has grown, whatever the bus said."""
        if self._listeners:
            newest = await self._pool.read(events.last_sequence)
            if newest != self._newest:
                self._newest = newest
                self.wake()

    def close(self) -> None:
        """End every stream."""
        self._is_closed = True
        self.wake()

    async def stream(
        self, asked: int | None, *, with_evidence: bool, is_welcome: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes]:
        """Yield the frames of one stream behind the event ``asked``, until it is closed or not welcome any more."""
        listener = _Listener()
        self._listeners.add(listener)
        try:
            begun = await self._pool.read(lambda connection: beginning(connection, asked))
            yield b"retry: 1000\n\n" + _frame("hello", {"sequence": begun.place}, begun.place)
            if begun.reason:
                yield _frame("gap", {"asked": asked, "begins": begun.place, "reason": begun.reason}, begun.place)
            async for frames in self._follow(listener, begun.place, with_evidence=with_evidence, is_welcome=is_welcome):
                yield frames
        finally:
            self._listeners.discard(listener)

    async def _follow(
        self, listener: _Listener, place: int, *, with_evidence: bool, is_welcome: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes]:
        """Yield what is behind a place, and what comes."""
        clock = asyncio.get_running_loop().time
        looked_at = clock()
        while not self._is_closed:
            listener.woken.clear()
            place, frames = await self._next(place, with_evidence=with_evidence)
            frames += b"".join(listener.passing)
            listener.passing.clear()
            if clock() - looked_at >= ALIVE_SECONDS:
                looked_at = clock()
                if not await is_welcome():
                    return
                frames = frames or _ALIVE
            if frames:
                yield frames
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(looked_at + ALIVE_SECONDS - clock()):
                    await listener.woken.wait()

    async def _next(self, place: int, *, with_evidence: bool) -> tuple[int, bytes]:
        """Return the frames of the next events behind a place, and the place behind them."""

        def work(connection: sqlite3.Connection) -> tuple[int, bytes]:
            page = events.after(connection, place, ">", _PAGE)
            opened = self._box if with_evidence else None
            return page.cursor, b"".join(_frames(connection, page.events, opened))

        return await self._pool.read(work)


def beginning(connection: sqlite3.Connection, asked: int | None) -> Beginning:
    """Return where a stream begins that has everything up to ``asked``; without that at the newest event."""
    newest = events.last_sequence(connection)
    if asked is None or asked == newest:
        return Beginning(newest)
    if asked > newest:
        return Beginning(newest, "unknown")
    if newest - asked > REPLAYED:
        return Beginning(newest, "too-many")
    first = events.first_sequence(connection)
    return Beginning(asked) if asked >= first - 1 else Beginning(first - 1, "too-old")


def _frames(connection: sqlite3.Connection, logged: list[LoggedEvent], box: Box | None) -> Iterator[bytes]:
    """Yield events as they are sent, with what they announce where there is a ``box`` to open it."""
    for event in logged:
        payload = orjson.loads(event.body)["payload"]
        told = {"sequence": event.sequence, "at": event.at, "topic": event.topic, "payload": payload}
        if box is not None and event.type == _STORED:
            stored = evidence.get(connection, box, payload["evidence_id"])
            told["evidence"] = evidence_of(stored) if stored else None
        yield _frame(event.type, told, event.sequence)


def _frame(name: str, data: Any, sequence: int | None = None) -> bytes:
    """Return one event; JSON has no line breaks in it."""
    number = b"" if sequence is None else b"id: %d\n" % sequence
    return number + b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data, option=_OPTIONS) + b"\n\n"
