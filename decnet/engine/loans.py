# SPDX-License-Identifier: MIT
"""
Sockets on demand, the agent's end: one more listening socket of a decoy for one connection, as FTP's passive mode needs it.

Who asks may be a decoys service that an attacker has taken over. So it gets sockets on the addresses of sockets that it was
lent, on ports of a range, so many at a time and in a second, and none for longer than it said. When a loan ends the socket is
shut down (shutdown(2)), which ends it for whoever still holds a copy. A copy that is kept all the same blocks one port of the
range, and nothing else.
"""

import asyncio
import errno
import logging
import math
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from decnet.config.model import Agent
from decnet.engine.listener import listen
from decnet.engine.messages import Ask, Deny, Grant, HandoverError, Key, show
from decnet.engine.visitor import Holding, Parcel
from decnet.errors import HostError

log = logging.getLogger(__name__)

HIGHEST_PORT = 65535
BACKLOG = 1
TRIES = 8
BURST_SECONDS = 2.0
ALL_DECOYS = 10
"""All decoys together may have so many times the sockets of one in a second."""

Open = Callable[[Key, int], socket.socket]


@dataclass
class _Loan:
    """A socket that was lent for one connection."""

    beside: Key
    decoy: str
    listener: socket.socket
    ending: asyncio.TimerHandle


class Bucket:
    """A rate in events a second, with a burst of what comes in two seconds."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._left = rate * BURST_SECONDS
        self._at = time.monotonic()

    def wait_seconds(self) -> float:
        """Return how long until there is room for one more; 0 when there is."""
        now = time.monotonic()
        self._left = min(self._rate * BURST_SECONDS, self._left + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._left >= 1 else (1 - self._left) / self._rate

    def take(self) -> None:
        """Count one."""
        self._left -= 1


class Loans:
    """
    What one decoys service has on loan, within ``bounds``; ``held`` are the sockets that it was lent for good.

    ``open_`` binds and listens, or raises ``OSError``. Everything is called from one event loop.
    """

    def __init__(self, held: Mapping[Key, Holding], bounds: Agent | None = None, open_: Open = listen) -> None:
        self.counters: Counter[str] = Counter(data_opened=0, data_refused=0, data_expired=0)
        self._held = held
        self._bounds = bounds or Agent()
        self._open = open_
        self._loans: dict[int, _Loan] = {}
        self._decoys: Counter[str] = Counter()
        self._rates: dict[str, Bucket] = {}
        self._rate = Bucket(self._bounds.data_sockets_per_second * ALL_DECOYS)

    def __len__(self) -> int:
        """Return how many sockets are on loan."""
        return len(self._loans)

    def ask(self, asked: Ask) -> Parcel | Deny:
        """Answer a request; raises ``HandoverError`` where the peer uses a number twice."""
        if asked.number in self._loans:
            raise HandoverError(f"the decoys service asked twice for the socket {asked.number}")
        denied = self._deny(asked)
        if denied is None:
            try:
                return self._lend(asked)
            except HostError as error:
                denied = Deny(asked.number, error.message)
        self.counters["data_refused"] += 1
        log.debug("no socket beside %s: %s", show(asked.beside), denied.reason)
        return denied

    def give_back(self, number: int) -> None:
        """End a loan, for whoever has a copy; one that has ended already is none."""
        loan = self._loans.pop(number, None)
        if loan is None:
            return
        self._decoys[loan.decoy] -= 1
        if not self._decoys[loan.decoy]:
            del self._decoys[loan.decoy]
        with suppress(OSError):
            loan.listener.shutdown(socket.SHUT_RDWR)
        _let_go(loan)

    def end_beside(self, keys: Iterable[Key]) -> None:
        """End the loans that were made beside sockets which are withdrawn."""
        gone = set(keys)
        for number in [number for number, loan in self._loans.items() if loan.beside in gone]:
            self.give_back(number)

    def end(self) -> None:
        """End all loans: who had them is gone."""
        for number in list(self._loans):
            self.give_back(number)
        self._rates.clear()

    def release(self) -> None:
        """Close our copies: the agent stops, and the decoys service goes on with its own until their time is over."""
        for loan in self._loans.values():
            _let_go(loan)
        self._loans.clear()
        self._decoys.clear()

    def _deny(self, asked: Ask) -> Deny | None:
        """Return why there is no socket, or nothing."""
        holding = self._held.get(asked.beside)
        if holding is None:
            return Deny(asked.number, f"{show(asked.beside)} is no socket of a decoy")
        decoy, bounds = holding.post.decoy.name, self._bounds
        if len(self._loans) >= bounds.data_sockets or self._decoys[decoy] >= bounds.data_sockets_per_decoy:
            return Deny(
                asked.number, f"{decoy} has {self._decoys[decoy]} sockets on demand, all decoys have {len(self._loans)}"
            )
        rate = self._rates.setdefault(decoy, Bucket(bounds.data_sockets_per_second))
        wait = max(rate.wait_seconds(), self._rate.wait_seconds())
        if wait > 0:
            return Deny(asked.number, f"{decoy} asks for too many sockets in a second", math.ceil(wait * 1000) / 1000)
        rate.take()
        self._rate.take()
        return None

    def _lend(self, asked: Ask) -> Parcel:
        """Open a socket on a port that is free; raise ``HostError`` where none is found or the kernel refuses."""
        listener, key = self._bind(asked.beside.address)
        decoy = self._held[asked.beside].post.decoy.name
        ending = asyncio.get_running_loop().call_later(asked.seconds, self._expire, asked.number)
        self._loans[asked.number] = _Loan(asked.beside, decoy, listener, ending)
        self._decoys[decoy] += 1
        self.counters["data_opened"] += 1
        return Parcel(Grant(asked.number, key), listener, instead=Deny(asked.number, "it ended before it was handed over"))

    def _bind(self, address: str) -> tuple[socket.socket, Key]:
        """Return a socket that listens on one of the ports, drawn by lot as real systems do."""
        first = self._bounds.first_data_port
        count = min(self._bounds.data_ports, HIGHEST_PORT - first + 1)
        for _ in range(TRIES):
            key = Key(address, first + secrets.randbelow(count))
            if key in self._held:
                continue
            try:
                return self._open(key, BACKLOG), key
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise HostError(f"{show(key)} cannot be opened: {error.strerror}", remedy="decnet doctor") from error
        raise HostError(f"{TRIES} ports of {address} that were tried are all in use", remedy="set [agent] data_ports higher")

    def _expire(self, number: int) -> None:
        """End a loan whose time is over."""
        self.counters["data_expired"] += 1
        self.give_back(number)


def _let_go(loan: _Loan) -> None:
    """Close our copy of a socket."""
    loan.ending.cancel()
    loan.listener.close()
