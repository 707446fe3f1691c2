# SPDX-License-Identifier: MIT
"""What clients do wrong, logged so that nobody fills the log with it: one line for each client and minute."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

log = logging.getLogger(__name__)

QUIET_SECONDS: Final = 60.0
CLIENTS: Final = 256


class Complaints:
    """Logs the first complaint about a client, counts the others, and says how many there were with the next line."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.total = 0
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def add(self, client: str, reason: str) -> None:
        """Complain about ``client``, a name that it cannot choose itself."""
        self.total += 1
        now = self._clock()
        logged_at, silent = self._known.pop(client, (now - QUIET_SECONDS, 0))
        if now - logged_at < QUIET_SECONDS:
            self._known[client] = (logged_at, silent + 1)
            return
        more = f" ({silent} more since the last line)" if silent else ""
        log.warning("the bus refused %s: %s%s", client, reason, more)
        self._known[client] = (now, 0)
        if len(self._known) > CLIENTS:
            self._known.popitem(last=False)
