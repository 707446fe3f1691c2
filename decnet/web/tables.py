# SPDX-License-Identifier: MIT
"""
Lists are declared here and drawn by one template: their columns, their filters, and what is said where they are empty.

``cell`` of a column names the macro of ``_cells.html`` that draws it. On a narrow screen a row becomes a card.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from decnet.domain.evidence import BODIES
from decnet.lures.registry import LURES
from decnet.web.client import ProblemError
from decnet.web.visit import Visit

_LONGEST_FILTER: Final = 256
_NOT_VALID: Final = 422


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its title, and the macro that draws a cell of it."""

    title: str
    cell: str


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One field of the form above a list; ``choices`` make it a selection."""

    name: str
    label: str
    type: str = "text"
    hint: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A list: where api has it, what it shows, what to say where it shows nothing."""

    path: str
    title: str
    about: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    empty: str = ""


_LURE: Final = Filter(name="lure", label="Lure", choices=tuple(sorted(lure.name for lure in LURES)))
_DECOY: Final = Filter(name="decoy", label="Decoy", hint="name")
_ADDRESS: Final = Filter(name="address", label="Attacker", hint="address")
_UNTOUCHED: Final = "Nobody has touched a decoy yet. Decoys are quiet by design: what appears here is worth a look."

EVIDENCE: Final = Table(
    path="/evidence",
    title="Evidence",
    about="Everything that was done to a decoy, the newest first.",
    columns=(
        Column(title="Time (UTC)", cell="time"),
        Column(title="Attacker", cell="attacker"),
        Column(title="Decoy", cell="decoy"),
        Column(title="Lure", cell="lure"),
        Column(title="Kind", cell="kind"),
        Column(title="What was done", cell="summary"),
    ),
    filters=(
        Filter(name="q", label="Contains", type="search", hint="text"),
        Filter(name="kind", label="Kind", choices=tuple(sorted(BODIES))),
        _LURE,
        _DECOY,
        _ADDRESS,
        Filter(name="since", label="From (UTC)", type="datetime-local"),
        Filter(name="until", label="Until (UTC)", type="datetime-local"),
    ),
    empty=_UNTOUCHED,
)

SESSIONS: Final = Table(
    path="/sessions",
    title="Sessions",
    about="Conversations of one attacker with one lure, the latest first.",
    columns=(
        Column(title="Began (UTC)", cell="began"),
        Column(title="Attacker", cell="attacker"),
        Column(title="Decoy", cell="decoy"),
        Column(title="Lure", cell="lure"),
        Column(title="Lasted", cell="lasted"),
        Column(title="Done in it", cell="done"),
        Column(title="Ended by", cell="ended"),
    ),
    filters=(_LURE, _DECOY, _ADDRESS, Filter(name="recorded", label="Recording", choices=("true", "false"))),
    empty=_UNTOUCHED,
)

ATTACKERS: Final = Table(
    path="/attackers",
    title="Attackers",
    about="Every address that touched a decoy, the latest first.",
    columns=(
        Column(title="Address", cell="address"),
        Column(title="First seen (UTC)", cell="first"),
        Column(title="Last seen (UTC)", cell="last"),
        Column(title="Touches", cell="touches"),
        Column(title="Decoys", cell="decoys"),
        Column(title="Logins tried", cell="credentials"),
        Column(title="Records", cell="records"),
    ),
    empty=_UNTOUCHED,
)

AUDIT: Final = Table(
    path="/audit",
    title="Audit log",
    about="Who changed something, or looked at what is kept secret.",
    columns=(
        Column(title="Time (UTC)", cell="time"),
        Column(title="Who", cell="actor"),
        Column(title="From", cell="source"),
        Column(title="Did", cell="action"),
        Column(title="What", cell="subject"),
        Column(title="More", cell="detail"),
    ),
    empty="Nothing was changed yet.",
)


async def rows(visit: Visit, table: Table) -> Response:
    """Show a list; only its next rows where a script of the page asks for them."""
    wanted = _wanted(visit, table)
    asked = {name: _in_utc(value) if name in ("since", "until") else value for name, value in wanted.items()}
    page: Any = visit.page_of(table.path, cursor=visit.request.query_params.get("cursor"), **asked)
    template = "_rows.html" if visit.is_part else "list.html"
    try:
        return await visit.page(template, table=table, page=page, wanted=wanted, problem=None)
    except ProblemError as problem:
        if problem.status != _NOT_VALID or visit.is_part:
            raise
        nothing: dict[str, Any] = {"items": [], "next": None}
        return await visit.page(template, _NOT_VALID, table=table, page=nothing, wanted=wanted, problem=problem)


def _wanted(visit: Visit, table: Table) -> dict[str, str]:
    """Return the filters of the list that somebody filled in."""
    given = {one.name: visit.request.query_params.get(one.name, "").strip() for one in table.filters}
    return {name: value[:_LONGEST_FILTER] for name, value in given.items() if value}


def _in_utc(text: str) -> str:
    """Return a moment as a browser's field gives it, which knows no time zone, in UTC."""
    return text if text.endswith("Z") or "+" in text else f"{text}Z"
