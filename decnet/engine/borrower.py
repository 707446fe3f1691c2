# SPDX-License-Identifier: MIT
"""Sockets on demand, the decoys service's end: asks the agent for one more listening socket, and gives it back."""

import asyncio
import itertools
import os
import socket
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from decnet.engine.handover import close_all, listener_of
from decnet.engine.messages import Ask, Deny, Grant, HandoverError, Key, Message, Return, show

ANSWER_SECONDS = 5.0
PATIENCE_SECONDS = 3.0
"""How long somebody waits who asks for too much in a second; his client takes it for a slow server."""

Send = Callable[[Message], Awaitable[bool]]


@dataclass(frozen=True)
class Borrowed:
    """A listening socket for one connection; ``give_back`` closes it."""

    listener: socket.socket
    number: int
    borrower: "Borrower"

    def give_back(self) -> None:
        """Close the socket, once."""
        if self.listener.fileno() >= 0:
            self.listener.close()
            self.borrower.say_closed(self.number)


class Borrower:
    """Asks through ``send``, which says whether there was an agent; ``run`` is a task of the owner."""

    def __init__(self, send: Send) -> None:
        self.counters: Counter[str] = Counter(data_granted=0, data_denied=0)
        self._send = send
        self._numbers = itertools.count()
        self._asked: dict[int, tuple[Key, asyncio.Future[socket.socket | Deny]]] = {}
        self._closed: deque[int] = deque()
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Tell the agent which sockets are closed, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._closed:
                await self._send(Return(self._closed.popleft()))

    async def borrow(self, beside: Key, seconds: float) -> Borrowed:
        """
        Return a socket on the address of ``beside`` that listens for at most so many seconds.

        Raises ``HandoverError`` where the agent denies it or is away.
        """
        patient_until = time.monotonic() + PATIENCE_SECONDS
        while True:
            number = next(self._numbers)
            answer = await self._ask(Ask(number, beside, seconds))
            if isinstance(answer, socket.socket):
                self.counters["data_granted"] += 1
                return Borrowed(answer, number, self)
            if answer.wait_seconds <= 0 or time.monotonic() + answer.wait_seconds > patient_until:
                self.counters["data_denied"] += 1
                raise HandoverError(f"the agent has no socket: {answer.reason}")
            await asyncio.sleep(answer.wait_seconds)

    def say_closed(self, number: int) -> None:
        """Have the agent told that a socket is closed here."""
        self._closed.append(number)
        self._woken.set()

    def take(self, message: Grant | Deny, descriptors: list[int]) -> None:
        """Take the agent's answer; raises ``HandoverError``, descriptors closed, where it breaks the protocol."""
        expected = 1 if isinstance(message, Grant) else 0
        if len(descriptors) != expected:
            close_all(descriptors)
            raise HandoverError(f"{len(descriptors)} descriptors came with {type(message).__name__}, not {expected}")
        beside, answered = self._asked.pop(message.number, (None, None))
        if isinstance(message, Deny):
            _settle(answered, message)
        elif beside is None or answered is None or answered.done():  # who asked has left meanwhile
            os.close(descriptors[0])
            self.say_closed(message.number)
        elif message.key.address != beside.address:
            os.close(descriptors[0])
            raise HandoverError(f"{show(message.key)} is not on the address of {show(beside)}")
        else:
            _settle(answered, listener_of(descriptors[0], message.key))

    def give_up(self) -> None:
        """Answer everybody who still waits: the agent has left."""
        for number, (_, answered) in self._asked.items():
            _settle(answered, Deny(number, "the agent left"))
        self._asked.clear()

    async def _ask(self, asked: Ask) -> socket.socket | Deny:
        """Ask, and wait for the answer."""
        answered: asyncio.Future[socket.socket | Deny] = asyncio.get_running_loop().create_future()
        self._asked[asked.number] = (asked.beside, answered)
        is_taken = False
        try:
            if not await self._send(asked):
                return Deny(asked.number, "there is no agent")
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await answered
            is_taken = True
        except TimeoutError:
            return Deny(asked.number, "the agent did not answer")
        finally:
            self._asked.pop(asked.number, None)
            if not is_taken:
                self._return_unused(asked.number, answered)
        return answer

    def _return_unused(self, number: int, answered: "asyncio.Future[socket.socket | Deny]") -> None:
        """Close a socket that came at the moment at which nobody wanted it any more."""
        if answered.done() and not answered.cancelled() and isinstance(came := answered.result(), socket.socket):
            came.close()
            self.say_closed(number)


def _settle(answered: "asyncio.Future[socket.socket | Deny] | None", answer: socket.socket | Deny) -> None:
    """Answer somebody who still waits."""
    if answered is not None and not answered.done():
        answered.set_result(answer)
