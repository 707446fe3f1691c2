# SPDX-License-Identifier: MIT
"""
The guard around a handler: what goes wrong inside is logged and counted, and nobody else notices.

Lost infrastructure is not guarded against: an ``OSError`` of the store or a dead bus ends the process through the task that
owns it, and systemd starts it again. Only one call of an event's, a timer's or a client's handler ends here.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable
from types import CoroutineType
from typing import Any, Protocol

log = logging.getLogger(__name__)

_VALUES_BEGIN = re.compile(r"[(<'\"\[{]")


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


def tell_loop_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """
    Log what nobody awaited: give this to ``set_exception_handler``.

    asyncio itself would log the repr of tasks, callbacks and transports, and so what an attacker sent. Its words are kept up to
    the first value: "Exception in callback" goes on with the bytes that the callback was given.
    """
    words = _VALUES_BEGIN.split(str(context.get("message") or "the event loop failed"), maxsplit=1)[0].strip()
    task = context.get("task")
    work = task.get_coro() if isinstance(task, asyncio.Task) else None
    whose = f" ({work.__qualname__})" if isinstance(work, CoroutineType) else ""
    log.error("%s%s", words, whose, exc_info=context.get("exception"))
