# SPDX-License-Identifier: MIT
"""
What a service does, apart from what every service does.

A worker is a class with ``@on(EventType)`` and ``@every(seconds)`` methods. The runner owns everything else: configuration,
log, bus, the talk with systemd, signals, health, exit code. Handlers are idempotent: an event may come twice, and a
cancellation may land at any ``await``.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, ClassVar, TypeVar

from decnet.bus.bus import Bus
from decnet.bus.factory import get_bus
from decnet.config.model import Config
from decnet.domain.evidence import now
from decnet.events import Event, HealthReported
from decnet.version import VERSION

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[None]])

QUEUE_LENGTH = 1024


@dataclass
class Counters:
    """What the heartbeat reports of a service's work; ``detail`` holds counters of its own, ``lag`` is in seconds."""

    handled: int = 0
    failed: int = 0
    dropped: int = 0
    lag: float = 0.0
    state: str = "ok"
    detail: dict[str, int | float | str] = field(default_factory=dict)


class Worker:
    """
    Base of all workers.

    ``start`` opens what is needed (READY follows), ``run`` is an optional endless task, ``stop`` gives everything back.
    Further tasks go into ``self.tasks``, the runner's task group.
    """

    name: ClassVar[str]
    fixed: ClassVar[tuple[str, ...]] = ("paths", "host")
    """The sections of the configuration that a restart alone can change; a reload that changes one is refused."""
    tasks: asyncio.TaskGroup

    def __init__(self, config: Config, bus: Bus) -> None:
        self.config = config
        self.bus = bus
        self.counters = Counters()

    @classmethod
    def make_bus(cls, config: Config) -> Bus:
        """Return the bus of this service, not yet connected."""
        return get_bus(config, cls.name)

    async def start(self) -> None:
        """Open what the work needs; an error here ends the process."""

    async def run(self) -> None:
        """Work until cancelled, where handlers and timers are not enough."""

    async def stop(self) -> None:
        """Give back what ``start`` opened; called after every task has ended."""

    async def reload(self, config: Config) -> None:
        """Take a new, already validated configuration; raise ``ConfigError`` to refuse it."""
        self.config = config

    def health(self) -> HealthReported:
        """Return the heartbeat of this moment."""
        counters = self.counters
        return HealthReported(
            service=self.name,
            at=now(),
            pid=os.getpid(),
            version=VERSION,
            state=counters.state,
            handled=counters.handled,
            failed=counters.failed,
            dropped=counters.dropped,
            lag=counters.lag,
            detail={**counters.detail, **{f"bus_{name}": count for name, count in self.bus.counters.items()}},
        )


def on(event: type[Event]) -> Callable[[Handler], Handler]:
    """Call the method with each event of this type; it has a queue of its own, bounded, the oldest dropped and counted."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__["handles"] = event
        return handler

    return mark


def every(seconds: float) -> Callable[[Handler], Handler]:
    """Call the method again and again with this pause between two calls, the first time one pause after the start."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__["pause_seconds"] = seconds
        return handler

    return mark


def handlers(worker: Worker) -> dict[str, tuple[type[Event], Callable[[Any], Awaitable[None]]]]:
    """Return the methods marked with ``on``, by name."""
    return {
        name: (method.__dict__["handles"], getattr(worker, name))
        for name, method in _methods(worker)
        if "handles" in method.__dict__
    }


def timers(worker: Worker) -> dict[str, tuple[float, Callable[[], Awaitable[None]]]]:
    """Return the methods marked with ``every``, by name."""
    return {
        name: (method.__dict__["pause_seconds"], getattr(worker, name))
        for name, method in _methods(worker)
        if "pause_seconds" in method.__dict__
    }


def _methods(worker: Worker) -> list[tuple[str, Any]]:
    """Return the functions of the worker's class and of its bases."""
    found = {
        name: value
        for owner in reversed(type(worker).__mro__)
        for name, value in vars(owner).items()
        if isinstance(value, FunctionType)
    }
    return list(found.items())
