# SPDX-License-Identifier: MIT
"""Signing in and out, the password, the look of the pages."""

from starlette.responses import Response

from decnet.web.client import ProblemError
from decnet.web.protection import PREFIX, SESSION
from decnet.web.visit import THEME, THEMES, Visit, hand_on, local

_YEAR_SECONDS = 365 * 86400
_REFUSED = (401, 422, 429)


async def show_login(visit: Visit) -> Response:
    """Show the form."""
    return visit.render("login.html", next=visit.request.query_params.get("next", "/"), problem=None, name="")


async def login(visit: Visit) -> Response:
    """Sign in; who has the first password is led to change it."""
    name, target = visit.form.get("username", ""), local(visit.form.get("next", "/"))
    try:
        answer = await visit.post("/login", {"username": name, "password": visit.form.get("password", "")})
    except ProblemError as problem:
        if problem.status not in _REFUSED:
            raise
        return visit.render("login.html", problem.status, next=target, problem=problem, name=name)
    return hand_on(answer, visit.go("/password" if answer.data["must_change_password"] else target))


async def logout(visit: Visit) -> Response:
    """Sign out, here and at api."""
    response = visit.go("/login")
    await visit.post("/logout")
    response.delete_cookie(f"{PREFIX}{SESSION}", secure=True, httponly=True, samesite="strict")
    return response


async def show_password(visit: Visit) -> Response:
    """Show the form that changes the password."""
    return await visit.page("password.html", problem=None)


async def change_password(visit: Visit) -> Response:
    """Change the password; the session goes on as a new one."""
    new = visit.form.get("new", "")
    if new != visit.form.get("again", ""):
        said = ProblemError(422, {"detail": "The two new passwords are not the same."}, {})
        return await visit.page("password.html", said.status, problem=said)
    try:
        answer = await visit.post("/me/password", {"current": visit.form.get("current", ""), "new": new})
    except ProblemError as problem:
        if problem.status not in _REFUSED or problem.kind == "not-authenticated":
            raise
        return await visit.page("password.html", problem.status, problem=problem)
    return hand_on(answer, visit.go("/"))


async def choose_theme(visit: Visit) -> Response:
    """Remember whether the pages shall be light, dark, or as the system is."""
    response = visit.go(local(visit.form.get("next", "/")))
    theme = visit.form.get("theme", "")
    if theme in THEMES:
        response.set_cookie(THEME, theme, max_age=_YEAR_SECONDS, secure=True, httponly=True, samesite="strict")
    return response
