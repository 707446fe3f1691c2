# SPDX-License-Identifier: MIT
"""
Lists, newest first, page by page: what the API shows.

A page continues behind the place where the last one ended, not after so many rows, so rows that are stored meanwhile neither
double nor hide any. Each page looks at a bounded number of rows of one index: a filter that matches little ends early, and
says where to go on. To be used within one transaction (``Pool.read``).
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Generic, TypeVar

import orjson

from decnet.domain.captured import visible
from decnet.store import evidence, sessions
from decnet.store.attackers import Attacker, attacker_of
from decnet.store.database import load_queries, microseconds
from decnet.store.evidence import Filter, Stored
from decnet.store.keys import Box
from decnet.store.sessions import SessionSummary

Item = TypeVar("Item")
Place = tuple[int | str, ...]
"""Where a page ends: what its list is sorted by, of the last row that was looked at."""

_QUERIES = load_queries("listing")
PORTION: Final = 4000
"""How many rows of an index one page looks at."""
SEARCHED: Final = 1000
"""How many records one page opens to look for a text."""
_CHUNK: Final = 200
_INDEXES: Final = ("session", "address", "time", "decoy", "kind", "lure")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list; ``next`` is None where nothing follows."""

    items: list[Item]
    next: Place | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A row that was looked at: its place, and whether it is wanted."""

    number: int
    place: Place
    is_wanted: bool


def records(
    connection: sqlite3.Connection, box: Box, wanted: Filter, *, text: str = "", behind: Place | None = None, limit: int
) -> Page[Stored]:
    """
    Return records, those that were stored last first; where a time is asked for, those that happened last first.

    ``text`` is looked for in what stands in a list, whatever its case: names, address, and the summary of each record, which
    has to be opened for that.
    """
    narrows = [name for name, value in wanted.parameters().items() if value is not None]
    index = _index(wanted)
    is_exact = not text and all(name == index or (index == "time" and name in ("since", "until")) for name in narrows)
    portion = limit if is_exact else PORTION
    found = _candidates(connection, index, wanted, behind, portion)
    if text:
        items, last = _searched(connection, box, found, text.casefold(), limit)
    else:
        chosen = list(islice((one for one in found if one.is_wanted), limit))
        last = chosen[-1].place if len(chosen) == limit else None
        items = _opened(connection, box, chosen)
    if last is None and len(found) == portion:
        last = found[-1].place
    return Page(items, last)


def conversations(
    connection: sqlite3.Connection,
    *,
    limit: int,
    behind: Place | None = None,
    address: str | None = None,
    decoy: str | None = None,
    lure: str | None = None,
    recorded: bool = False,
) -> Page[SessionSummary]:
    """Return sessions, those that began last first."""
    wanted = {"address": address, "decoy": decoy, "recorded": int(recorded), "lure": lure}
    narrows = [name for name, value in wanted.items() if value]
    index = narrows[0] if narrows else "all"
    portion = limit if len(narrows) <= 1 else PORTION
    at, id_, spool = behind or (1 << 62, "", 0)
    query = getattr(_QUERIES, f"sessions_by_{index}")
    rows = list(query(connection, at=at, id=id_, spool=spool, portion=portion, **wanted))
    chosen = list(islice((row for row in rows if row[-1]), limit))
    last = chosen[-1] if len(chosen) == limit else rows[-1] if len(rows) == portion else None
    return Page([sessions.summary_of(row[:-1]) for row in chosen], None if last is None else (last[8], last[1], last[0]))


def attackers(connection: sqlite3.Connection, *, limit: int, behind: Place | None = None) -> Page[Attacker]:
    """Return attackers, those who were here last first; one who comes back meanwhile is at the beginning again."""
    at, address = behind or (1 << 62, "")
    found = [attacker_of(row) for row in _QUERIES.attackers(connection, at=at, address=address, limit=limit)]
    last = found[-1] if len(found) == limit else None
    return Page(found, None if last is None else (microseconds(last.last_at), last.address))


def _index(wanted: Filter) -> str:
    """Return the index by which the fewest rows have to be looked at."""
    given = replace(wanted, since=None, until=None).parameters() | {"time": wanted.since or wanted.until}
    return next((name for name in _INDEXES if given[name] is not None), "all")


def _candidates(
    connection: sqlite3.Connection, index: str, wanted: Filter, behind: Place | None, portion: int
) -> list[_Candidate]:
    """Return the next rows of an index."""
    before = behind[-1] if behind else 1 << 62
    more = {"at": behind[0] if behind and len(behind) > 1 else 1 << 62} if index == "time" else {}
    rows: Iterable[tuple[int, int, int]] = getattr(_QUERIES, f"by_{index}")(
        connection, before=before, portion=portion, **more, **wanted.parameters()
    )
    if index == "time":
        return [_Candidate(number, (happened, number), bool(is_wanted)) for number, happened, is_wanted in rows]
    return [_Candidate(number, (number,), bool(is_wanted)) for number, _, is_wanted in rows]


def _searched(
    connection: sqlite3.Connection, box: Box, found: list[_Candidate], text: str, limit: int
) -> tuple[list[Stored], Place | None]:
    """Open the candidates that are wanted until enough hold the text; return these, and the place if there may be more."""
    wanted = [one for one in found if one.is_wanted][: SEARCHED + 1]
    items: list[Stored] = []
    for start in range(0, min(len(wanted), SEARCHED), _CHUNK):
        chunk = wanted[start : min(start + _CHUNK, SEARCHED)]
        for one, stored in zip(chunk, _opened(connection, box, chunk), strict=True):
            if _holds(stored, text):
                items.append(stored)
            if len(items) == limit:
                return items, one.place
    return items, wanted[SEARCHED - 1].place if len(wanted) > SEARCHED else None


def _opened(connection: sqlite3.Connection, box: Box, chosen: list[_Candidate]) -> list[Stored]:
    """Return the records of candidates, in their order."""
    numbers = orjson.dumps([one.number for one in chosen]).decode()
    rows = {row[0]: row for row in _QUERIES.rows(connection, numbers=numbers)}
    return [evidence.stored_of(box, rows[one.number]) for one in chosen]


def _holds(stored: Stored, text: str) -> bool:
    """Say whether what a list shows of a record holds a text."""
    origin = stored.record.origin
    shown = (origin.decoy, origin.lure, origin.peer.address, stored.record.kind, visible(stored.record.body.summary()))
    return any(text in one.casefold() for one in shown)
