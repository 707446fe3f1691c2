# SPDX-License-Identifier: MIT
"""
What keeps other sites, and what an attacker wrote, away from the dashboard: headers of every answer, a check of every form.

A form carries a token that only a page of this site could know: an HMAC whose key is the session cookie (before the login, a
cookie that the login page sets), so that nothing has to be stored and a restart makes no page useless. Nobody else can set
cookies with the prefix ``__Host-``, and browsers send none of them for another site (SameSite=Strict). What the browser says
about where a request comes from has to fit besides.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION: Final = "decnet_session"
PREFIX: Final = "__Host-"
VISIT: Final = f"{PREFIX}decnet_visit"
TOKEN: Final = "csrf"  # noqa: S105 - the name of a field
FORM_BYTES: Final = 16 * 1024
FORM_FIELDS: Final = 64
_TICKET: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{1,512}")
_FORM: Final = "application/x-www-form-urlencoded"

# no Strict-Transport-Security: a browser that was told it offers no way past the warning of a certificate that signed itself
HEADERS: Final = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class RefusedError(Exception):
    """A request is not taken; ``status`` and a sentence for whoever made it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Protected:
    """An application whose every answer has the headers; what it sets itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers."""

        async def protected(message: Message) -> None:
            """Add what is missing to the head of the answer."""
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                wanted = {**HEADERS, "date": formatdate(usegmt=True)}
                added = [(name.encode(), value.encode()) for name, value in wanted.items() if name.encode() not in there]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, protected)


def session_of(request: Request) -> str:
    """Return the session that the browser sent; empty without one, or where it is nothing that api could have made."""
    found = request.cookies.get(f"{PREFIX}{SESSION}", "")
    return found if _TICKET.fullmatch(found) else ""


def new_visit() -> str:
    """Return the content of the cookie that stands for a browser without a session."""
    return secrets.token_urlsafe(32)


def token_of(secret: str) -> str:
    """Return what the forms of a session, or of a visit before the login, carry."""
    return hmac.new(secret.encode(), b"decnet form", hashlib.sha256).hexdigest()


async def form_of(request: Request, most: int = FORM_BYTES) -> dict[str, Any]:
    """
    Return the fields of a form of ours; the values of one that is there several times are joined by newlines.

    Raises ``RefusedError`` for what another site sent, for what is no form, and for one that is too large.
    """
    _refuse_strangers(request.headers)
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise RefusedError(415, "Only forms of these pages are taken.")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise RefusedError(413, f"This is too much: a form may have {most // 1024} KiB.")
    fields = _fields(bytes(content))
    secret = session_of(request) or request.cookies.get(VISIT, "")
    if not secret or not hmac.compare_digest(fields.pop(TOKEN, "").encode(), token_of(secret).encode()):
        raise RefusedError(403, "This page is from another session. Go back, load it anew and try again.")
    return fields


def _refuse_strangers(headers: Mapping[str, str]) -> None:
    """
    Raise ``RefusedError`` where a request comes from another site.

    Browsers write ``Origin: null`` for a page that asks for no referrer, as ours do (Fetch, section 3.2); then the fetch
    metadata have to say that it was ours, which no site can write.
    """
    origin, site = headers.get("origin", "null"), headers.get("sec-fetch-site", "")
    is_ours = site == "same-origin" if origin == "null" else origin == f"https://{headers.get('host', '')}"
    if not is_ours or site not in ("", "same-origin"):
        raise RefusedError(403, "This request was made by another site, so nothing was done.")


def _fields(content: bytes) -> dict[str, str]:
    """Return the fields of a form."""
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except ValueError:
        raise RefusedError(400, "This form cannot be read.") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields[name] = f"{fields[name]}\n{value}" if name in fields else value
    return fields
