# SPDX-License-Identifier: MIT
"""
What each attacker sees of a server that keeps what he changes: a world for each address, within bounds.

Attackers use one connection for each step, so a world outlasts the connection. Each has a bound of its own, and so have all of
the process together, whichever lure and decoy they belong to: one address can fill a world on every decoy that there is.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

TOTAL_BYTES = 256 << 20
TOTAL_WORLDS = 1024
_FULL_BYTES = TOTAL_BYTES * 3 // 4
"""From here on, worlds that nobody is connected to go before anybody is refused."""

World = TypeVar("World")


class Room:
    """Bytes that one owner may keep; they are given back when he is gone."""

    _total: ClassVar[int] = 0

    def __init__(self, limit: int) -> None:
        self.used = 0
        self._limit = limit

    def __del__(self) -> None:
        """Give back everything."""
        self.recount(0)

    @classmethod
    def total(cls) -> int:
        """Return what all owners keep."""
        return cls._total

    def take(self, size: int) -> bool:
        """Take room, or none where there is not as much."""
        if self.used + size > self._limit or self._total + size > TOTAL_BYTES:
            return False
        self.recount(self.used + size)
        return True

    def recount(self, used: int) -> None:
        """Say how much is kept: much may have been removed."""
        self._add(used - self.used)
        self.used = used

    @classmethod
    def _add(cls, size: int) -> None:
        """Add to what all owners keep."""
        cls._total += size


class Worlds(Generic[World]):
    """The worlds of one lure, at most so many; those that are ``idle`` make room for new ones, the oldest first."""

    _kept: ClassVar[OrderedDict[tuple["Worlds[Any]", str], Any]] = OrderedDict()

    def __init__(self, most: int, make: Callable[[str], World], idle: Callable[[World], bool]) -> None:
        self._most = most
        self._make = make
        self._idle = idle

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(owner is self for owner, _ in self._kept)

    def known(self, address: str) -> World | None:
        """Return the world of an address that was here before."""
        found: World | None = self._kept.get((self, address))
        return found

    def of(self, address: str) -> World:
        """Return the world of an address, the newest from now on."""
        key = self, address
        world: World = self._kept.pop(key) if key in self._kept else self._make(address)
        self._kept[key] = world
        for owner, other in [each for each in self._kept if each != key]:
            if not self._is_crowded() and not (owner is self and len(self) > self._most):
                continue
            if owner._idle(self._kept[owner, other]):  # noqa: SLF001 - one of the same kind
                del self._kept[owner, other]
        return world

    def _is_crowded(self) -> bool:
        """Whether all lures together have too many."""
        return len(self._kept) > TOTAL_WORLDS or Room.total() > _FULL_BYTES
