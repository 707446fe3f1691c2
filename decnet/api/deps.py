# SPDX-License-Identifier: MIT
"""What routes depend on: the desk, who asks, from where, which page of a list."""

import ipaddress
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Query, Request

from decnet.api.desk import Desk
from decnet.api.door import Visitor
from decnet.api.errors import Refusal
from decnet.domain.access import Access
from decnet.store.listing import Place

COOKIE: Final = "decnet_session"
LOCAL: Final = "uid "
"""What a client's address begins with that came through the UNIX socket; its user's number follows."""
LONGEST_PAGE: Final = 200
_LONGEST_CURSOR: Final = 500


async def desk_of(request: Request) -> Desk:
    """Return the desk of the application."""
    desk: Desk = request.app.state.desk
    return desk


def is_relayed(request: Request) -> bool:
    """Say whether a service of ours passes somebody else's request on: only then its words about him are believed."""
    return request.client is not None and request.client.host == f"{LOCAL}{os.geteuid()}"


def address_of(request: Request) -> str:
    """Return where whoever asks is: an IP address, or the user of this host who connected to the socket."""
    told = request.headers.get("x-forwarded-for", "").strip()
    if told and is_relayed(request):
        try:
            return str(ipaddress.ip_address(told))
        except ValueError:
            raise Refusal("bad-request", 400, "X-Forwarded-For is no address") from None
    return request.client.host if request.client else ""


async def visitor_of(request: Request, desk: Annotated[Desk, Depends(desk_of)]) -> Visitor:
    """Return who asks; refuse who is nobody."""
    visitor = await find_visitor(request, desk)
    if visitor is None:
        raise Refusal(
            "not-authenticated", 401, "log in, or show a token", headers={"www-authenticate": 'Bearer realm="decnet"'}
        )
    return visitor


async def find_visitor(request: Request, desk: Desk) -> Visitor | None:
    """Return who asks; None where it is nobody."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    ticket = request.cookies.get(COOKIE, "")
    return await desk.door.find(ticket, bearer.strip() if scheme.lower() == "bearer" else "", address_of(request))


def needs(access: Access) -> Callable[..., Awaitable[Visitor]]:
    """Return what refuses who may not do what ``access`` allows."""

    async def check(visitor: Annotated[Visitor, Depends(visitor_of)]) -> Visitor:
        if visitor.must_change_password:
            raise Refusal(
                "password-change-required", 403, "the password has to be changed first", remedy="POST /api/v1/me/password"
            )
        if not visitor.role.includes(access):
            raise Refusal("forbidden", 403, f"this needs the role {access}, {visitor.actor} has {visitor.role}")
        return visitor

    return check


@dataclass(frozen=True)
class Paging:
    """Which part of a list is wanted: at most ``limit`` items, behind a place."""

    limit: int
    behind: Place | None


def paging(*shapes: tuple[type[Any], ...]) -> Callable[..., Awaitable[Paging]]:
    """Return what reads ``limit`` and ``cursor``; a place of this list has values of one of these rows of types."""

    async def read(
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="at most so many items")] = 50,
        cursor: Annotated[str | None, Query(max_length=_LONGEST_CURSOR, description="`next` of the page before")] = None,
    ) -> Paging:
        return Paging(limit, None if cursor is None else decode_place(cursor, shapes))

    return read


def encode_place(place: Place | None) -> str | None:
    """Return a place as a cursor."""
    return None if place is None else urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def decode_place(cursor: str, shapes: tuple[tuple[type[Any], ...], ...]) -> Place:
    """Return the place of a cursor; raise ``Refusal`` where it is none of this list."""
    try:
        found = orjson.loads(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, NoBase64):
        found = None
    is_place = isinstance(found, list) and tuple(type(part) for part in found) in shapes
    if not is_place or any(isinstance(part, int) and abs(part) > 1 << 62 for part in found):
        raise Refusal("not-valid", 422, "query.cursor: this is no cursor of this list", remedy="begin without a cursor")
    return tuple(found)


DeskOf = Annotated[Desk, Depends(desk_of)]
Anybody = Annotated[Visitor, Depends(visitor_of)]
"""Whoever is logged in, even where a new password has to be chosen first."""
Viewer = Annotated[Visitor, Depends(needs(Access.VIEWER))]
Operator = Annotated[Visitor, Depends(needs(Access.OPERATOR))]
Admin = Annotated[Visitor, Depends(needs(Access.ADMIN))]
