# SPDX-License-Identifier: MIT
"""Accounts of people, tokens of programs, and the audit log: for admins."""

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from decnet.web.client import Answer, ProblemError
from decnet.web.tables import AUDIT, rows
from decnet.web.visit import Visit, whole

_REFUSED = (400, 404, 409, 422)


async def show(visit: Visit) -> Response:
    """Show the accounts and the tokens."""
    return await _page(visit)


async def audit(visit: Visit) -> Response:
    """Show who changed what."""
    return await rows(visit, AUDIT)


async def add_user(visit: Visit) -> Response:
    """Make an account and show its first password, once."""
    answer = await _asked(visit, "/users", {"name": visit.form.get("name", ""), "role": visit.form.get("role", "")})
    return answer if isinstance(answer, Response) else await _page(visit, secret=_password(answer.data))


async def change_user(visit: Visit) -> Response:
    """Give an account another role or password, disable, enable or remove it."""
    path = f"/users/{quote(visit.request.path_params['name'], safe='')}"
    action = visit.form.get("action", "")
    changes: dict[str, Any] = {
        "role": {"role": visit.form.get("role", "")},
        "disable": {"is_disabled": True},
        "enable": {"is_disabled": False},
    }
    if action == "password":
        answer = await _asked(visit, f"{path}/password", None)
        name = visit.request.path_params["name"]
        return answer if isinstance(answer, Response) else await _page(visit, secret=_password({"name": name, **answer.data}))
    method = "DELETE" if action == "remove" else "PATCH"
    return await _changed(visit, method, path, changes.get(action))


async def add_token(visit: Visit) -> Response:
    """Make a token and show it, once."""
    days, number = visit.form.get("days", ""), whole(visit.form.get("days", ""))
    wish = {"name": visit.form.get("name", ""), "role": visit.form.get("role", "")}
    answer = await _asked(visit, "/tokens", {**wish, "days": days if number is None else number})
    if isinstance(answer, Response):
        return answer
    return await _page(visit, secret={"what": f"The token {answer.data['name']}", "text": answer.data["token"]})


async def remove_token(visit: Visit) -> Response:
    """Let a token open nothing any more."""
    return await _changed(visit, "DELETE", f"/tokens/{quote(visit.request.path_params['id'], safe='')}", None)


async def _changed(visit: Visit, method: str, path: str, body: object) -> Response:
    """Change something and show the page anew."""
    answer = await _asked(visit, path, body, method=method)
    return answer if isinstance(answer, Response) else visit.go("/accounts")


async def _asked(visit: Visit, path: str, body: object, *, method: str = "POST") -> Answer | Response:
    """Return what api answers; where it refuses what somebody wrote, the page that says so."""
    try:
        return await visit.post(path, body, method=method)
    except ProblemError as problem:
        if problem.status not in _REFUSED:
            raise
        return await _page(visit, problem=problem)


def _password(said: dict[str, Any]) -> dict[str, str]:
    """Return what is shown of a new password."""
    return {"what": f"The first password of {said['name']}", "text": said["password"]}


async def _page(visit: Visit, *, problem: ProblemError | None = None, secret: dict[str, str] | None = None) -> Response:
    """Show the page."""
    status = problem.status if problem else 200
    users, tokens = visit.get("/users"), visit.get("/tokens")
    return await visit.page("accounts.html", status, users=users, tokens=tokens, problem=problem, secret=secret)
