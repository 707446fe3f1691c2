# SPDX-License-Identifier: MIT
"""One request of a browser: what api says to it, and the page that is made of that."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from decnet.web.assets import Assets
from decnet.web.client import Answer, Api, AwayError, Headers, ProblemError
from decnet.web.protection import PREFIX, SESSION, VISIT, new_visit, session_of, token_of
from decnet.web.shown import FILTERS, endpoint

TEMPLATES: Final = Path(__file__).parent / "templates"
THEME: Final = "decnet_theme"
THEMES: Final = ("auto", "light", "dark")
SEE_OTHER: Final = 303
ENOUGH: Final = 50
PORTIONS: Final = 20
"""How often api is asked on for one page of a list, where a filter matches little."""
_DIGITS: Final = 18
_RANK: Final = {"viewer": 0, "operator": 1, "admin": 2}
_COOKIE: Final[dict[str, Any]] = {"path": "/", "secure": True, "httponly": True, "samesite": "strict"}

Role = Literal["viewer", "operator", "admin"]


@dataclass(frozen=True)
class Me:
    """Who is signed in."""

    name: str
    role: str
    must_change_password: bool

    def may(self, role: Role) -> bool:
        """Say whether this person may do what ``role`` may; api decides, this only spares vain buttons."""
        return _RANK.get(self.role, -1) >= _RANK[role]


@dataclass(frozen=True)
class Site:
    """What all visits have in common."""

    api: Api
    assets: Assets

    @cached_property
    def templates(self) -> Environment:
        """The templates; what they are given is escaped, and what they lack is an error."""
        found = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        found.filters.update(FILTERS)
        found.globals.update(asset=self.assets.url, endpoint=endpoint)
        return found


class Visit:
    """A request and all that can be done about it."""

    def __init__(self, site: Site, request: Request, form: Mapping[str, str]) -> None:
        self.site = site
        self.request = request
        self.form = form
        self._visit = request.cookies.get(VISIT) or new_visit()

    @property
    def headers(self) -> Headers:
        """What tells api for whom it is asked; the address is that of the connection, never what a header says."""
        address = self.request.client.host if self.request.client else ""
        session = session_of(self.request)
        told = [("X-Forwarded-For", address), ("X-Forwarded-Proto", "https")]
        return (*told, ("Cookie", f"{SESSION}={session}")) if session else tuple(told)

    @property
    def is_part(self) -> bool:
        """Say whether a script of the page asks, for a part of it."""
        return "hx-request" in self.request.headers

    async def get(self, path: str, **query: object) -> Any:
        """Return what api says about a path."""
        return (await self.site.api.ask("GET", path, headers=self.headers, **query)).data

    async def post(self, path: str, body: object = None, *, method: str = "POST") -> Answer:
        """Ask api to change something."""
        return await self.site.api.ask(method, path, headers=self.headers, body=body)

    async def page_of(self, path: str, **query: object) -> dict[str, Any]:
        """Return a page of a list; where a filter matches little, ask on until there is enough, or for a while."""
        page: dict[str, Any] = await self.get(path, limit=ENOUGH, **query)
        for _ in range(PORTIONS):
            if page["next"] is None or len(page["items"]) >= ENOUGH:
                break
            more = await self.get(path, **{**query, "cursor": page["next"], "limit": ENOUGH})
            page = {**page, "items": [*page["items"], *more["items"]], "next": more["next"]}
        return page

    async def me(self) -> Me:
        """Return who is signed in."""
        said = await self.get("/me")
        return Me(said["name"], said["role"], said["must_change_password"])

    async def page(self, template: str, status: int = 200, **context: Awaitable[Any] | object) -> Response:
        """Return a page for somebody who is signed in; what has to be waited for is asked for at the same time."""
        waited = {name: value for name, value in context.items() if isinstance(value, Awaitable)}
        me, *found = await asyncio.gather(self.me(), *waited.values())
        return self.render(template, status, me=me, **{**context, **dict(zip(waited, found, strict=True))})

    async def complain(self, problem: ProblemError) -> Response:
        """Return a page that says what went wrong, with the way to the other pages for who is signed in."""
        me = None
        if session_of(self.request):
            with suppress(AwayError, ProblemError):
                me = await self.me()
        return self.render("problem.html", problem.status, me=me, problem=problem)

    def render(self, template: str, status: int = 200, *, me: Me | None = None, **context: object) -> Response:
        """Return a page."""
        secret = session_of(self.request) or self._visit
        text = self.site.templates.get_template(template).render(
            me=me, path=self.request.url.path, here=self.here, csrf=token_of(secret), theme=self.theme, **context
        )
        response = HTMLResponse(text, status)
        if secret == self._visit and VISIT not in self.request.cookies:
            response.set_cookie(VISIT, self._visit, **_COOKIE)
        return response

    @property
    def here(self) -> str:
        """The path and query of the page that is shown: a script that asks for a part of it says which one that is."""
        if self.is_part:
            return "/" + self.request.headers.get("hx-current-url", "").partition("#")[0].partition("://")[2].partition("/")[2]
        query = self.request.url.query
        return f"{self.request.url.path}?{query}" if query else self.request.url.path

    @property
    def theme(self) -> str:
        """How the person wants the pages to look."""
        theme = self.request.cookies.get(THEME, "")
        return theme if theme in THEMES else THEMES[0]

    def go(self, path: str, **query: object) -> Response:
        """Return an answer that leads to another page of ours."""
        target = f"{path}?{urlencode(query)}" if query else path
        if self.is_part:
            return Response(headers={"hx-redirect": target})
        return RedirectResponse(target, SEE_OTHER)


def local(target: str) -> str:
    """Return a path of ours that somebody wants to be led to; the overview for anything else."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return quote(target, safe="/?&=%:.~+,-_") if is_ours else "/"


def whole(text: str) -> int | None:
    """Return the number that somebody wrote; None for what is none, or does not fit into 64 bits."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def hand_on(answer: Answer, response: Response) -> Response:
    """Give the browser the session that api made, under a name that no other site can set."""
    for cookie in answer.cookies:
        if cookie.startswith(f"{SESSION}="):
            response.headers.append("set-cookie", f"{PREFIX}{cookie}")
    return response


View = Callable[[Visit], Awaitable[Response]]
