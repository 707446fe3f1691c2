# SPDX-License-Identifier: MIT
"""The dashboard as an application: which path is which page, and what is said when something goes wrong."""

from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from decnet.web.client import AwayError, ProblemError
from decnet.web.protection import Protected, RefusedError, form_of
from decnet.web.views import access, accounts, attackers, decoys, evidence, live, overview, services, sessions
from decnet.web.visit import SEE_OTHER, Site, View, Visit

PAGES: Final[dict[str, View]] = {
    "/": overview.show,
    "/login": access.show_login,
    "/password": access.show_password,
    "/live": live.follow,
    "/touches": overview.touches,
    "/evidence": evidence.listing,
    "/evidence/{id}": evidence.show,
    "/blobs/{sha256}": evidence.blob,
    "/sessions": sessions.listing,
    "/sessions/{id}": sessions.show,
    "/sessions/{id}/recording": sessions.recording,
    "/attackers": attackers.listing,
    "/attackers/{address:path}": attackers.show,
    "/decoys": decoys.show,
    "/decoys/progress": decoys.progress,
    "/services": services.show,
    "/services/state": services.state,
    "/accounts": accounts.show,
    "/audit": accounts.audit,
}
"""What a browser may ask for."""

FORMS: Final[dict[str, View]] = {
    "/login": access.login,
    "/logout": access.logout,
    "/password": access.change_password,
    "/theme": access.choose_theme,
    "/evidence/{id}/secret": evidence.reveal,
    "/decoys/plan": decoys.plan,
    "/decoys/apply": decoys.apply,
    "/decoys/teardown": decoys.teardown,
    "/accounts/users": accounts.add_user,
    "/accounts/users/{name}": accounts.change_user,
    "/accounts/tokens": accounts.add_token,
    "/accounts/tokens/{id}": accounts.remove_token,
}
"""What a browser may send; ``form_of`` has looked at each of them before its view is called."""

LARGE: Final = ("/decoys/plan", "/decoys/apply")
"""Forms that carry a file."""

LARGE_BYTES: Final = 256 * 1024
_UNAUTHENTICATED: Final = 401
_AWAY: Final = 503


def make(site: Site) -> Protected:
    """Return the application."""
    pages = [Route(path, _page(site, view), methods=["GET"]) for path, view in PAGES.items()]
    forms = [Route(path, _form(site, path, view), methods=["POST"]) for path, view in FORMS.items()]
    above = [Route(path, _above, methods=["GET"]) for path in FORMS if path not in PAGES]
    static = Route("/static/{name}", site.assets.serve, methods=["GET"])
    health = Route("/health", _health(site), methods=["GET"])
    handlers: dict[Any, Any] = {
        AwayError: _away(site),
        ProblemError: _problem(site),
        RefusedError: _refused(site),
        HTTPException: _not_found(site),
        Exception: _broken(site),
    }
    app = Starlette(routes=[*pages, *forms, *above, static, health], exception_handlers=handlers)
    # it would lead to wherever the header Host says
    app.router.redirect_slashes = False
    return Protected(app)


def _page(site: Site, view: View) -> Any:
    """Return what answers a browser that asks."""

    async def answer(request: Request) -> Response:
        """Show a page."""
        return await view(Visit(site, request, {}))

    return answer


def _form(site: Site, path: str, view: View) -> Any:
    """Return what answers a browser that sends a form."""

    async def answer(request: Request) -> Response:
        """Take a form of ours; a large one only of who is signed in, as strangers shall not fill our memory."""
        if path not in LARGE:
            return await view(Visit(site, request, await form_of(request)))
        await Visit(site, request, {}).me()
        return await view(Visit(site, request, await form_of(request, LARGE_BYTES)))

    return answer


async def _above(request: Request) -> Response:
    """Lead from the address of a form to the page that has it: one reloads what a form showed, or comes back after a login."""
    return RedirectResponse(quote(str(PurePosixPath(request.url.path).parent)), SEE_OTHER)


def _health(site: Site) -> Any:
    """Return what says whether api answers; a page that waits for it asks."""

    async def answer(_: Request) -> Response:
        """Say nothing where all is well; what is said otherwise is in ``_away``."""
        await site.api.ask("GET", "/health")
        return Response()

    return answer


def _away(site: Site) -> Any:
    """Return what is said while api does not answer."""

    async def answer(request: Request, _: Exception) -> Response:
        """Say so; the page looks again by itself."""
        visit = Visit(site, request, {})
        return visit.render("_away.html" if visit.is_part else "away.html", _AWAY, is_form=request.method == "POST")

    return answer


def _problem(site: Site) -> Any:
    """Return what is said where api refuses."""

    async def answer(request: Request, error: Exception) -> Response:
        """Lead to the login, to the change of the password, or say what api said."""
        assert isinstance(error, ProblemError)  # noqa: S101 - it is registered for nothing else; tells mypy
        visit = Visit(site, request, {})
        if error.status == _UNAUTHENTICATED:
            return visit.go("/login", **({"next": visit.here} if request.method == "GET" and visit.here != "/" else {}))
        if error.kind == "password-change-required":
            return visit.go("/password")
        if visit.is_part:
            return visit.render("_problem.html", error.status, problem=error)
        return await visit.complain(error)

    return answer


def _refused(site: Site) -> Any:
    """Return what is said where we refuse ourselves."""

    async def answer(request: Request, error: Exception) -> Response:
        """Say why."""
        assert isinstance(error, RefusedError)  # noqa: S101 - it is registered for nothing else; tells mypy
        said = ProblemError(error.status, {"title": "This was not done", "detail": error.sentence}, {})
        return await Visit(site, request, {}).complain(said)

    return answer


def _broken(site: Site) -> Any:
    """Return what is said where we made a mistake; it is raised again behind that, and logged."""

    async def answer(request: Request, _: Exception) -> Response:
        """Say so."""
        detail = "This is a mistake of the dashboard. What it was stands in the log of the service web."
        said = ProblemError(500, {"title": "This did not work", "detail": detail}, {})
        return await Visit(site, request, {}).complain(said)

    return answer


def _not_found(site: Site) -> Any:
    """Return what is said where there is no such page."""

    async def answer(request: Request, error: Exception) -> Response:
        """Say so."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        title = {404: "There is no such page", 405: "This page takes no such request"}.get(status, "This cannot be done")
        said = ProblemError(status, {"title": title, "detail": "Perhaps it was moved, or the address was cut off."}, {})
        return await Visit(site, request, {}).complain(said)

    return answer
