# SPDX-License-Identifier: MIT
"""
One browser's connection: uvicorn's HTTP/1.1, with an end to every patience.

uvicorn closes a connection that is idle between two requests, but waits for ever for one whose client sends its request byte by
byte, sends nothing at all, or does not read what it asked for.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

REQUEST_SECONDS: Final = 15.0
"""From the first byte of a request, or from the handshake, to the last byte of its body."""
STALLED_SECONDS: Final = 30.0
"""How long a client may read nothing of what is sent to it."""


class Connection(H11Protocol):
    """``ended`` is set when the connection is gone."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.ended = asyncio.Event()
        self._request: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the class above has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Take what came; wait no longer than before for what is missing of the request."""
        if self._request is None and self._is_idle():
            self._await_request()
        super().data_received(data)
        if self._has_request():
            self._request = _cancel(self._request)

    def pause_writing(self) -> None:
        """Wait for a client that does not read, but not for ever."""
        super().pause_writing()
        self._stalled = self._stalled or self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        self._stalled = _cancel(self._stalled)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._request, self._stalled = _cancel(self._request), _cancel(self._stalled)
        super().connection_lost(exc)
        self.ended.set()

    def _is_idle(self) -> bool:
        """Say whether no request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _has_request(self) -> bool:
        """Say whether a request is there from its first byte to its last."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.more_body

    def _await_request(self) -> None:
        """Give the client its time for one request."""
        self._request = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """Stop a timer; return what is left of it: none."""
    if timer is not None:
        timer.cancel()
    return None
