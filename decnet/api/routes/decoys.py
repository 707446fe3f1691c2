# SPDX-License-Identifier: MIT
"""The decoys: what shall be, what is, and how one becomes the other: through the desired state, by the agent."""

import asyncio
import secrets
import sqlite3
import time
from dataclasses import dataclass

from fastapi import APIRouter

from decnet.api.answer import Json
from decnet.api.deps import DeskOf, Operator, Viewer
from decnet.api.door import Visitor
from decnet.api.errors import documented
from decnet.api.schemas import ArchetypeSummary, DecoyState, Fleet, Items, LureState, Plan, Removal, Wish, plan_of
from decnet.domain.choice import choose
from decnet.domain.desired import DesiredState, decode, encode
from decnet.domain.fleet import FleetRequest, parse, request_of
from decnet.domain.plan import plan
from decnet.domain.problem import Problem
from decnet.domain.resolution import Resolution
from decnet.engine.catalogue import shelf
from decnet.engine.factory import get_ground
from decnet.engine.listener import listening_addresses
from decnet.engine.lock import holder
from decnet.engine.report import AgentReport, DecoyReport, read
from decnet.errors import InUseError, PlanError
from decnet.events import FleetChanged
from decnet.store import fleet
from decnet.store.fleet import FleetRevision

router = APIRouter(tags=["decoys"])
CHANGES = documented(400, 401, 403, 404, 409, 413, 415, 422, 503)


@dataclass(frozen=True)
class Current:
    """The desired state as it is now, and its revision."""

    revision: int
    state: DesiredState


@router.get("/archetypes", response_model=Items[ArchetypeSummary], responses=documented(400, 401, 403, 503))
async def list_archetypes(_: Viewer) -> Json:
    """List the kinds of decoys that there are."""
    found = (await asyncio.to_thread(shelf)).archetypes.values()
    shown = [ArchetypeSummary(name=one.name, summary=one.summary, lures=list(one.lures)) for one in found]
    return Json(Items(items=shown))


@router.get("/decoys", response_model=Fleet, responses=documented(400, 401, 403, 503))
async def list_decoys(_: Viewer, desk: DeskOf) -> Json:
    """List the decoys as the agent told last of them."""

    def work(connection: sqlite3.Connection) -> Fleet:
        report = read(desk.config.paths.agent / "decoys.json", AgentReport)
        return _fleet(fleet.current(connection), report, is_running=holder(desk.config.paths.agent_lock) > 0)

    return Json(await desk.pool.read(work))


@router.post("/decoys/plan", response_model=Plan, responses=CHANGES)
async def plan_decoys(wish: Wish, _: Operator, desk: DeskOf) -> Json:
    """Say what would be done; host names that are new are drawn again when it is."""
    current = await _current(desk, wish.revision)
    wanted = await asyncio.to_thread(_wanted, desk, wish, current)
    return Json(plan_of(current.revision, plan(wanted, current.state)))


@router.post("/decoys/apply", status_code=202, response_model=Plan, responses=CHANGES)
async def apply_decoys(wish: Wish, visitor: Operator, desk: DeskOf) -> Json:
    """Have it done; the agent works on it when this is answered."""
    current = await _current(desk, wish.revision)
    wanted = await asyncio.to_thread(_wanted, desk, wish, current)
    return Json(await _carry_out(desk, visitor, current, wanted), 202)


@router.post(
    "/decoys/teardown",
    status_code=202,
    response_model=Plan,
    responses={200: {"model": Plan, "description": "What would be done"}, **CHANGES},
)
async def tear_down_decoys(removal: Removal, visitor: Operator, desk: DeskOf) -> Json:
    """Take decoys away, or say what that would mean."""
    if bool(removal.names) == removal.all:
        raise PlanError("say which decoys: names, or all", remedy="GET /api/v1/decoys lists them")
    current = await _current(desk, removal.revision)
    fleets = {entry.name: entry.fleet for entry in current.state.decoys}
    gone = frozenset(fleets) if removal.all else choose(removal.names, fleets)
    wanted = current.state.without(gone)
    if removal.dry_run:
        return Json(plan_of(current.revision, plan(wanted, current.state)))
    return Json(await _carry_out(desk, visitor, current, wanted), 202)


async def _current(desk: DeskOf, expected: int | None) -> Current:
    """Return what shall be now; raise ``InUseError`` where that is not what somebody has seen."""
    newest = await desk.pool.read(fleet.current)
    if expected is not None and expected != newest.revision:
        raise InUseError(
            f"{newest.author or 'somebody'} changed the fleet in the meantime (revision {newest.revision}, not {expected})",
            remedy="look at it, then try again: GET /api/v1/decoys",
        )
    return Current(newest.revision, decode(newest.document.encode()))


def _wanted(desk: DeskOf, wish: Wish, current: Current) -> DesiredState:
    """Return what shall be; raise ``PlanError`` with everything that is wrong with a wish."""
    problems: list[Problem] = []
    request = _request(wish, problems)
    resolution = Resolution(request, current.state, shelf(), get_ground(desk.config), listening_addresses())
    resolution.problems[:0] = problems
    return resolution.resolve(now=int(time.time()), new_seed=lambda: secrets.token_hex(32))


def _request(wish: Wish, problems: list[Problem]) -> FleetRequest:
    """Return what is asked for; raise ``PlanError`` where that is not said in one way."""
    if wish.fleet is not None and wish.archetype is None and wish.count is None:
        return parse(wish.fleet, "the fleet", problems)
    if wish.fleet is None and wish.archetype is not None and wish.count is not None:
        return request_of(wish.archetype, wish.count)
    raise PlanError("say either fleet, or archetype and count", remedy="GET /api/v1/archetypes lists the archetypes")


async def _carry_out(desk: DeskOf, visitor: Visitor, current: Current, wanted: DesiredState) -> Plan:
    """Store what shall be and wake the agent; nothing is stored where there is nothing to do."""
    steps = plan(wanted, current.state)
    if not steps:
        return plan_of(current.revision, steps)

    def work(connection: sqlite3.Connection) -> FleetRevision:
        written = fleet.replace(connection, encode(wanted).decode(), based_on=current.revision, author=visitor.actor)
        visitor.note(connection, "fleet changed", f"revision {written.revision}", f"{len(steps)} steps")
        return written

    written = await desk.pool.write(work)
    await desk.publish(FleetChanged(revision=written.revision))
    return plan_of(written.revision, steps)


def _fleet(newest: FleetRevision, report: AgentReport | None, *, is_running: bool) -> Fleet:
    """Return what shall be and what is; without an agent nobody knows how the decoys are."""
    decoys = [_decoy(decoy, is_running=is_running) for decoy in (report.decoys if report else ())]
    return Fleet(
        revision=newest.revision,
        applied_revision=report.revision if report else 0,
        author=newest.author,
        changed_at=newest.at,
        is_agent_running=is_running,
        up=sum(decoy.state == "up" for decoy in decoys),
        decoys=decoys,
    )


def _decoy(report: DecoyReport, *, is_running: bool) -> DecoyState:
    """Return what the agent told of a decoy."""
    lures = [
        LureState(
            name=lure.name,
            address=lure.address,
            port=lure.port,
            state=lure.state if is_running else "unknown",
            error=lure.error,
        )
        for lure in report.lures
    ]
    return DecoyState(
        name=report.name,
        fleet=report.fleet,
        archetype=report.archetype,
        hostname=report.hostname,
        addresses=list(report.addresses),
        state=report.state if is_running else "unknown",
        lures=lures,
    )
