# SPDX-License-Identifier: MIT
"""Decoys: what they do, and how one gets more, others or none: first a plan, then a confirmation, then the progress."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from starlette.responses import Response

from decnet.web.client import ProblemError
from decnet.web.visit import Visit, whole

_REFUSED = (400, 404, 409, 422)
_WISHES = ("fleet", "archetype", "count")


async def show(visit: Visit) -> Response:
    """Show the decoys, and the progress towards a revision that was asked for."""
    return await _page(visit, None)


async def progress(visit: Visit) -> Response:
    """Return the part of the page that changes while the agent works."""
    fleet = await visit.get("/decoys")
    return visit.render("_decoys.html", me=await visit.me(), fleet=fleet, wanted=_wanted(visit))


async def plan(visit: Visit) -> Response:
    """Show what a wish would change; nothing changes."""
    wish = {name: visit.form[name] for name in _WISHES if visit.form.get(name)}
    try:
        answer = await visit.post("/decoys/plan", _body(wish))
    except ProblemError as problem:
        return await _refused(visit, problem)
    return await _plan_page(visit, answer.data, fields=wish, action="/decoys/apply", removes=False)


async def apply(visit: Visit) -> Response:
    """Do what was planned, unless the fleet is another one by now."""
    wish = {name: visit.form[name] for name in _WISHES if visit.form.get(name)}
    return await _done(visit, "/decoys/apply", _body(wish))


async def teardown(visit: Visit) -> Response:
    """Show what would go; with ``confirmed`` take it away."""
    names = visit.form.get("names", "").split()
    body: dict[str, Any] = {"names": names} if names else {"all": True}
    if visit.form.get("confirmed"):
        return await _done(visit, "/decoys/teardown", body)
    try:
        answer = await visit.post("/decoys/teardown", {**body, "dry_run": True})
    except ProblemError as problem:
        return await _refused(visit, problem)
    fields = {"names": " ".join(names), "confirmed": "yes"}
    return await _plan_page(visit, answer.data, fields=fields, action="/decoys/teardown", removes=True)


async def _plan_page(visit: Visit, plan: dict[str, Any], *, fields: dict[str, str], action: str, removes: bool) -> Response:
    """Show a plan; what happens to a decoy and to its lures stands together, as a thousand decoys have many thousand steps."""
    decoys = []
    for (done, name), found in groupby(plan["steps"], itemgetter("action", "decoy")):
        steps = list(found)
        detail = "".join(step["detail"] for step in steps if not step["lure"])
        decoys.append({"action": done, "name": name, "detail": detail, "lures": [step for step in steps if step["lure"]]})
    return await visit.page("plan.html", plan=plan, decoys=decoys, fields=fields, action=action, removes=removes)


async def _done(visit: Visit, path: str, body: dict[str, Any]) -> Response:
    """Change the fleet, based on the revision that the plan was made for, and lead to the progress."""
    revision = whole(visit.form.get("revision", ""))
    try:
        answer = await visit.post(path, body if revision is None else {**body, "revision": revision})
    except ProblemError as problem:
        return await _refused(visit, problem)
    return visit.go("/decoys", revision=answer.data["revision"])


async def _refused(visit: Visit, problem: ProblemError) -> Response:
    """Show the page again, with what api said about the wish."""
    if problem.status not in _REFUSED:
        raise problem
    return await _page(visit, problem)


async def _page(visit: Visit, problem: ProblemError | None) -> Response:
    """Show the page; what somebody wrote into its form stays there."""
    return await visit.page(
        "decoys.html",
        problem.status if problem else 200,
        fleet=visit.get("/decoys"),
        archetypes=visit.get("/archetypes"),
        problem=problem,
        form={name: visit.form.get(name, "") for name in _WISHES},
        wanted=_wanted(visit),
    )


def _wanted(visit: Visit) -> int:
    """Return the revision that somebody waits for; 0 where nobody does."""
    return whole(visit.request.query_params.get("revision", "")) or 0


def _body(wish: dict[str, str]) -> dict[str, Any]:
    """Return a wish as api takes it; a number that is none is left for api to complain about."""
    count = whole(wish.get("count", ""))
    return dict(wish) if count is None else {**wish, "count": count}
