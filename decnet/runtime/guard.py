# SPDX-License-Identifier: MIT
"""
The guard around a handler: what goes wrong inside is logged and counted, and nobody else notices.

Lost infrastructure is not guarded against: an ``OSError`` of the store or a dead bus ends the process through the task that
owns it, and systemd starts it again. Only one call of an event's, a timer's or a client's handler ends here.
"""

import logging
from collections.abc import Awaitable
from typing import Protocol

log = logging.getLogger(__name__)


class Counted(Protocol):
    """Whoever counts what was handled and what failed."""

    handled: int
    failed: int


async def guarded(work: Awaitable[None], counters: Counted, what: str) -> bool:
    """Await ``work``; count it, log its exception with ``what`` was being done, and say whether it went well."""
    try:
        await work
    except Exception:
        counters.failed += 1
        log.exception("%s failed; the service goes on", what)
        return False
    counters.handled += 1
    return True
