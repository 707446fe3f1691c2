# SPDX-License-Identifier: MIT
"""A bounded queue that is filled and emptied in batches; the oldest items go first, and are counted."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Backlog(Generic[Item]):
    """
    Items that wait, at most ``limit_count`` of them with ``limit_size`` bytes in all; ``size_of`` tells the bytes of one.

    The newest item always stays. Batches are never changed, so that several backlogs may share one.
    """

    def __init__(self, *, limit_count: int, limit_size: int, size_of: Callable[[Item], int]) -> None:
        self.count = 0
        self.dropped = 0
        self._limit_count = limit_count
        self._limit_size = limit_size
        self._size_of = size_of
        self._size = 0
        self._batches: deque[tuple[Sequence[Item], int]] = deque()

    def extend(self, items: Sequence[Item], size: int) -> int:
        """Queue a batch of ``size`` bytes in all; return how many old items had to go."""
        self._batches.append((items, size))
        self.count += len(items)
        self._size += size
        if self._size > self._limit_size or self.count > self._limit_count:
            return self._shed()
        return 0

    @property
    def is_high(self) -> bool:
        """Whether half of the room is taken."""
        return 2 * self.count > self._limit_count or 2 * self._size > self._limit_size

    def take(self) -> Sequence[Item]:
        """Take the oldest batch; empty where nothing waits."""
        if not self._batches:
            return ()
        items, size = self._batches.popleft()
        self.count -= len(items)
        self._size -= size
        return items

    def clear(self) -> None:
        """Drop everything, uncounted."""
        self._batches.clear()
        self.count = self._size = 0

    def _shed(self) -> int:
        """Drop the oldest items until the rest fits."""
        dropped = 0
        while self.count > 1 and (self._size > self._limit_size or self.count > self._limit_count):
            items, size = self._batches.popleft()
            gone, freed = self._surplus(items)
            dropped += gone
            self.count -= gone
            self._size -= freed
            if gone < len(items):
                self._batches.appendleft((items[gone:], size - freed))
        self.dropped += dropped
        return dropped

    def _surplus(self, items: Sequence[Item]) -> tuple[int, int]:
        """Return how many of the oldest items have to go, and their bytes."""
        gone = min(max(self.count - self._limit_count, 0), len(items), self.count - 1)
        freed = sum(map(self._size_of, items[:gone]))
        for item in items[gone : self.count - 1]:
            if self._size - freed <= self._limit_size:
                break
            gone += 1
            freed += self._size_of(item)
        return gone, freed
