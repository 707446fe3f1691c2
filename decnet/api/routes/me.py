# SPDX-License-Identifier: MIT
"""Logging in and out, and one's own password."""

from fastapi import APIRouter, Request

from decnet.api.answer import Json, Nothing
from decnet.api.deps import COOKIE, Anybody, DeskOf, address_of, is_relayed
from decnet.api.door import Visitor
from decnet.api.errors import Refusal, documented
from decnet.api.schemas import Credentials, Me, NewPassword

router = APIRouter(tags=["me"])


@router.post("/login", response_model=Me, responses=documented(400, 401, 403, 413, 415, 422, 429, 503))
async def log_in(credentials: Credentials, request: Request, desk: DeskOf) -> Json:
    """Log in with name and password; the answer sets the cookie."""
    ticket, visitor = await desk.door.log_in(credentials.username, credentials.password, address_of(request))
    return _with_cookie(Json(_me(visitor)), request, desk, ticket)


@router.post("/logout", status_code=204, response_class=Nothing, responses=documented(400, 401, 403, 413, 415, 503))
async def log_out(request: Request, visitor: Anybody, desk: DeskOf) -> Nothing:
    """Log out; the cookie is worth nothing from then on. A token goes on."""
    if visitor.kind == "session":
        await desk.door.log_out(visitor)
    answer = Nothing()
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_is_secure(request))
    return answer


@router.get("/me", response_model=Me, responses=documented(400, 401, 503))
async def me(visitor: Anybody) -> Json:
    """Say who asks."""
    return Json(_me(visitor))


@router.post("/me/password", response_model=Me, responses=documented(400, 401, 403, 413, 415, 422, 429, 503))
async def change_password(passwords: NewPassword, request: Request, visitor: Anybody, desk: DeskOf) -> Json:
    """Choose a password; every login of the account ends, and this one goes on with a new cookie."""
    if visitor.kind != "session":
        raise Refusal("forbidden", 403, "a token has no password")
    ticket, changed = await desk.door.change_password(visitor, passwords.current, passwords.new)
    return _with_cookie(Json(_me(changed)), request, desk, ticket)


def _me(visitor: Visitor) -> Me:
    """Return who somebody is."""
    return Me(
        name=visitor.name,
        role=visitor.role,
        kind=visitor.kind,
        must_change_password=visitor.must_change_password,
        expires_at=visitor.expires_at,
    )


def _is_secure(request: Request) -> bool:
    """Say whether the browser is at the other end of TLS, as whoever passes its requests on says."""
    return request.url.scheme == "https" or (is_relayed(request) and request.headers.get("x-forwarded-proto") == "https")


def _with_cookie(answer: Json, request: Request, desk: DeskOf, ticket: str) -> Json:
    """Give a browser what it has to show; no script can read it, no page of another site makes the browser show it."""
    answer.set_cookie(
        COOKIE,
        ticket,
        max_age=round(desk.door.settings.session_seconds),
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_secure(request),
    )
    return answer
