# SPDX-License-Identifier: MIT
"""What every request passes first: bounds on its body, and whether a page of somebody else sent it."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from decnet.api.errors import Refusal, answer

LONGEST_BODY: Final = 1 << 20
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME: Final = frozenset({"", "same-origin", "none"})


class Gate:
    """Refuses before anything is read what no route takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_safe = scope["method"] in _SAFE
        refusal = None if is_safe else _too_large(headers) or _cross_site(headers) or _no_json(headers)
        if refusal is not None:
            await answer(refusal.problem)(scope, receive, send)
            return
        await self._app(scope, _Counted(receive), send)


class _Counted:
    """A request's body, which ends where it is longer than a body may be."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0

    async def __call__(self) -> Message:
        """Return the next part."""
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > LONGEST_BODY:
            raise HTTPException(413, _large().problem.detail)
        return message


def _too_large(headers: Headers) -> Refusal | None:
    """Refuse a body that says that it is too long."""
    length = headers.get("content-length", "0")
    return _large() if len(length) > len(str(LONGEST_BODY)) or int(length) > LONGEST_BODY else None


def _large() -> Refusal:
    """Return the refusal of a body."""
    return Refusal("too-large", 413, f"the body is longer than {LONGEST_BODY} bytes")


def _cross_site(headers: Headers) -> Refusal | None:
    """
    Refuse what a page of another site made a browser send (Fetch Metadata, and Origin where a browser has none of that).

    The cookie is SameSite=Strict, so that a browser does not even show it then; this holds where one does.
    """
    origin = headers.get("origin", "")
    if headers.get("sec-fetch-site", "") in _SAME and (not origin or urlsplit(origin).netloc == headers.get("host", "")):
        return None
    return Refusal("cross-site", 403, "a page of another site sent this")


def _no_json(headers: Headers) -> Refusal | None:
    """Refuse a body that is no JSON by its own word: forms are what other sites can send without being asked."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if not has_body or headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        return None
    return Refusal("unsupported-media-type", 415, "a body has to be application/json")
