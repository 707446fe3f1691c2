# SPDX-License-Identifier: MIT
"""How the services are, by their heartbeats."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from decnet.catalog import Service
from decnet.events import HealthReported

STALE_SECONDS: Final = 25.0
"""Two heartbeats and a half."""
ASKED: Final = 5
"""How often services are asked that have not been heard of; afterwards there are their heartbeats."""


@dataclass(frozen=True, kw_only=True)
class ServiceHealth:
    """
    A service and what it said last.

    ``unknown``: it never said anything; ``stale``: not for too long; ``failing``: it says itself what is wrong (``message``).
    """

    name: str
    summary: str
    state: Literal["ok", "failing", "stale", "unknown"]
    message: str
    at: datetime | None
    pid: int | None
    version: str | None
    handled: int
    failed: int
    dropped: int
    lag: float
    detail: dict[str, Any]


class Roster:
    """Keeps the last heartbeat of each of ``services``; of others it takes none."""

    def __init__(self, services: tuple[Service, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._asked = 0
        self._reports: dict[str, tuple[float, HealthReported]] = {}

    def note(self, report: HealthReported) -> None:
        """Take a heartbeat."""
        if any(report.service == service.name for service in self._services):
            self._reports[report.service] = (self._clock(), report)

    def has_to_ask(self) -> bool:
        """Say whether somebody has not been heard of yet and may answer; who never does is not asked for ever."""
        self._asked += 1
        return self._asked <= ASKED and len(self._reports) < len(self._services)

    def listed(self) -> list[ServiceHealth]:
        """Return all services in the order in which they start."""
        return [self._health(service) for service in self._services]

    def _health(self, service: Service) -> ServiceHealth:
        """Return how one service is."""
        at, report = self._reports.get(service.name, (0.0, None))
        if report is None:
            return ServiceHealth(
                name=service.name,
                summary=service.summary,
                state="unknown",
                message="it has not been heard of",
                at=None,
                pid=None,
                version=None,
                handled=0,
                failed=0,
                dropped=0,
                lag=0.0,
                detail={},
            )
        state, message = self._state(at, report)
        return ServiceHealth(
            name=service.name,
            summary=service.summary,
            state=state,
            message=message,
            at=report.at,
            pid=report.pid,
            version=report.version,
            handled=report.handled,
            failed=report.failed,
            dropped=report.dropped,
            lag=report.lag,
            detail=dict(report.detail),
        )

    def _state(self, at: float, report: HealthReported) -> tuple[Literal["ok", "failing", "stale"], str]:
        """Return the state that a heartbeat means now, and the sentence about it."""
        age = self._clock() - at
        if age > STALE_SECONDS:
            return "stale", f"it has not been heard of for {age:.0f} s"
        return ("ok", "") if report.state == "ok" else ("failing", report.state)
