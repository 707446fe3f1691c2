# SPDX-License-Identifier: MIT
"""
How often somebody may be wrong about a password.

Each account, and each address, has so many failures; after these it waits, twice as long for each further one. An address
from which an account's password was right before has a count of its own for that account, so that nobody who guesses
elsewhere keeps the owner out. Of IPv6 a network counts as one address: whoever has one has 2^64 of them.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FIRST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 900.0
FORGOTTEN_SECONDS: Final = 3600.0
MOST: Final = 10_000
_NETWORK_BITS: Final = 64

Key = tuple[str, str]


@dataclass(slots=True)
class _Count:
    """Failures of one key, when the last one was, and until when it waits."""

    failures: int = 0
    last_at: float = 0.0
    until: float = 0.0


class Throttle:
    """Counts failures in memory; ``free`` of them cost no time. Bounded: what failed longest ago is forgotten first."""

    def __init__(self, free: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.free = free
        self._clock = clock
        self._counts: OrderedDict[Key, _Count] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()

    def wait_seconds(self, account: str, address: str) -> float:
        """Return how long whoever is at ``address`` has to wait before the next attempt for ``account``; 0: not at all."""
        now = self._clock()
        counts = (self._counts.get(key) for key in self._keys(account, address))
        return max([0.0, *(count.until - now for count in counts if count)])

    def fail(self, account: str, address: str) -> None:
        """Count a wrong password; one that is being looked at is wrong until ``succeed`` says that it was not."""
        now = self._clock()
        for key in self._keys(account, address):
            count = self._counts.pop(key, None) or _Count()
            if now - count.last_at > FORGOTTEN_SECONDS:
                count = _Count()
            count.failures += 1
            count.last_at = now
            excess = count.failures - self.free
            if excess >= 0:
                count.until = now + min(FIRST_SECONDS * 2.0 ** min(excess, 20), LONGEST_SECONDS)
            _put(self._counts, key, count)

    def succeed(self, account: str, address: str) -> None:
        """Forget the failures of this account and this address; the address is known to be the account's."""
        for key in self._keys(account, address):
            self._counts.pop(key, None)
        self.know(account, address)

    def know(self, account: str, address: str) -> None:
        """Take an address for one from which the account's password was right."""
        _put(self._known, (account, _place(address)), None)

    def _keys(self, account: str, address: str) -> tuple[Key, ...]:
        """Return what an attempt counts for."""
        place = _place(address)
        if (account, place) in self._known:
            return ((account, place),)
        return ((account, ""), ("", place))


def _place(address: str) -> str:
    """Return what an address is counted as; a user of this host is what he is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False))


def _put(store: "OrderedDict[Key, _Count] | OrderedDict[Key, None]", key: Key, value: _Count | None) -> None:
    """Keep something as the newest; the oldest goes where there is too much."""
    store.pop(key, None)
    store[key] = value  # type: ignore[assignment]  # each of the two has its own kind
    if len(store) > MOST:
        store.popitem(last=False)
