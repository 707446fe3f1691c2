# SPDX-License-Identifier: MIT
"""``decnet evidence``: what attackers did, from the store."""

import asyncio
import re
import sqlite3
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from decnet.bus.bus import Bus
from decnet.bus.factory import get_bus
from decnet.cli.command import EXIT_OK, Command, count
from decnet.cli.output import Row, add_format, cell, show, show_json
from decnet.config.model import Config
from decnet.domain.captured import text
from decnet.domain.evidence import now
from decnet.errors import BusError, DecnetError, NotFoundError
from decnet.events import EvidenceStored
from decnet.store import evidence
from decnet.store.database import connect, explained
from decnet.store.evidence import Filter, Stored
from decnet.store.keys import Box, load
from decnet.store.secrets import confirm, reveal

TICK_SECONDS = 1.0
_PAGE = 500
_COLUMNS = ("at", "decoy", "lure", "address", "kind", "summary")
_AGO = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def when(given: str) -> datetime:
    """Return a time: ISO 8601 (UTC where it names no zone), or how long ago: 90s, 15m, 2h, 7d."""
    ago = _AGO.fullmatch(given)
    try:
        moment = now() - timedelta(**{_UNITS[ago[2]]: float(ago[1])}) if ago else datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{given!r} is no time; 2026-08-01T12:00 and 2h are") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cursor(given: str) -> int:
    """Return a place in the list."""
    if not given.isdecimal():
        raise ArgumentTypeError(f"{given!r} is no cursor; the list prints one at its end")
    return min(int(given), 1 << 62)


def _arguments(parser: ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="records, the newest last")
    listing.add_argument("--after", type=_cursor, metavar="CURSOR", help="what was stored behind this place, the oldest first")
    listing.add_argument("--limit", type=count, default=50, help="at most so many records (50)")
    listing.add_argument("--since", type=when, help="from this time on: ISO 8601, or 90s, 15m, 2h, 7d ago")
    listing.add_argument("--until", type=when, help="before this time")
    tail = actions.add_parser("tail", help="the newest records, then each one as it is stored, until Ctrl-C")
    tail.add_argument("--lines", type=count, default=10, help="begin with so many records (10)")
    tail.add_argument("--from", type=_cursor, dest="begin", metavar="CURSOR", help="begin behind this place instead")
    tail.add_argument("--count", type=count, help="end after so many records")
    for action in (listing, tail):
        for name in ("decoy", "lure", "kind", "address", "session"):
            action.add_argument(f"--{name}", help=f"only of this {name}")
    one = actions.add_parser("show", help="one record, whole")
    one.add_argument("id", help="the id of the record")
    for action in (listing, tail, one):
        action.add_argument("--reveal", action="store_true", help="decrypt captured secrets")
        add_format(action)


def _run(options: Namespace, config: Config) -> int:
    """Do what was asked."""
    with closing(connect(config.paths.store, read_only=True)) as connection, explained(config.paths.store):
        box = Box(load(config.paths.secrets))
        confirm(connection, box)
        view = View(connection, box, reveal=options.reveal)
        if options.action == "show":
            return _show(view, options)
        if options.action == "tail":
            return asyncio.run(_tail(view, options, config))
        return _list(view, options)


@dataclass(frozen=True)
class View:
    """Records as people and programs see them, their secrets too where they are to be revealed."""

    connection: sqlite3.Connection
    box: Box
    reveal: bool

    def row(self, stored: Stored) -> Row:
        """Return a record as a row."""
        record = stored.record
        row: dict[str, Any] = {"cursor": stored.number, "id": record.id, "at": record.at, "host": record.host}
        row |= {"writer": record.writer, "sequence": record.sequence}
        row |= {"decoy": record.origin.decoy, "lure": record.origin.lure, "session": record.origin.session}
        row |= {"address": record.origin.peer.address, "port": record.origin.peer.port}
        row |= {"local_address": record.origin.local.address, "local_port": record.origin.local.port}
        row |= {"kind": record.kind, "summary": record.body.summary(), "body": asdict(record.body)}  # type: ignore[call-overload]  # every body is a dataclass
        row["secret_id"] = stored.secret_id
        return row | self._secret(stored)

    def _secret(self, stored: Stored) -> dict[str, Any]:
        """Return the secret of a record in words; nothing where none is asked for."""
        if not self.reveal or stored.secret_id is None or stored.kind != stored.record.kind:
            return {}
        try:
            return {"secret": text(reveal(self.connection, self.box, stored.secret_id))}
        except DecnetError as error:
            return {"secret": None, "secret_error": error.message}


def _columns(options: Namespace) -> tuple[str, ...]:
    """Return the columns of a table; secrets only where they were asked for."""
    return (*_COLUMNS[:-1], "secret", _COLUMNS[-1]) if options.reveal else _COLUMNS


def _told(row: Row) -> Row:
    """Return a row for a table: times to the second, a secret that cannot be read said to be so."""
    told = {**row, "at": f"{row['at']:%Y-%m-%d %H:%M:%S}"}
    return {**told, "secret": "(unreadable)"} if "secret_error" in row else told


def _filter(options: Namespace) -> Filter:
    """Return what was asked for."""
    names = ("decoy", "lure", "kind", "address", "session", "since", "until")
    return Filter(**{name: getattr(options, name, None) for name in names})


def _list(view: View, options: Namespace) -> int:
    """Show records and, for people, how to go on."""
    wanted = _filter(options)
    if options.after is None:
        found = evidence.newest(view.connection, view.box, wanted, limit=options.limit)
    else:
        found = evidence.following(view.connection, view.box, wanted, after=options.after, limit=options.limit)
    rows = [view.row(stored) for stored in found]
    _print(rows, options)
    if options.format == "text" and rows:
        print(f"\nwhat follows: decnet evidence list --after {rows[-1]['cursor']}")
    return EXIT_OK


def _print(rows: Iterable[Row], options: Namespace) -> None:
    """Show rows as they were asked for."""
    if options.format == "json":
        show(rows, (), format_="json")
        return
    show((_told(row) for row in rows), _columns(options), format_="text")


def _show(view: View, options: Namespace) -> int:
    """Show one record."""
    stored = evidence.get(view.connection, view.box, options.id)
    if stored is None:
        raise NotFoundError(f"there is no record {options.id}", remedy="decnet evidence list --format json shows the ids")
    row = view.row(stored)
    if options.format == "json":
        show_json(row)
        return EXIT_OK
    body = {f"body.{name}": value for name, value in row["body"].items()}
    fields = {name: value for name, value in row.items() if name != "body"} | body
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        print(f"{name:<{width}}  {cell(value)}")
    return EXIT_OK


async def _tail(view: View, options: Namespace, config: Config) -> int:
    """Show records as they are stored: the bus wakes, and where it is away a slow look does."""
    woken = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        bus = get_bus(config, "evidence")
        running = [tasks.create_task(bus.run()), tasks.create_task(_wake(bus, woken))]
        await _follow(view, options, woken)
        for task in running:
            task.cancel()
    return EXIT_OK


async def _follow(view: View, options: Namespace, woken: asyncio.Event) -> None:
    """Show what is there, then what comes, until as much was shown as was asked for."""
    wanted = _filter(options)
    cursor = options.begin
    room = options.count or sys.maxsize
    if cursor is None:
        cursor = evidence.last_number(view.connection)
        newest = evidence.newest(view.connection, view.box, wanted, limit=min(options.lines, room))
        room -= _print_each(view, [stored for stored in newest if stored.number <= cursor], options)
    while room > 0:
        found = evidence.following(view.connection, view.box, wanted, after=cursor, limit=min(_PAGE, room))
        room -= _print_each(view, found, options)
        if found:
            cursor = found[-1].number
            continue
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_SECONDS):
                await woken.wait()
        woken.clear()


async def _wake(bus: Bus, woken: asyncio.Event) -> None:
    """Set the event for each record that is announced."""
    with suppress(BusError):
        async for _ in await bus.subscribe(EvidenceStored.pattern):
            woken.set()


def _print_each(view: View, found: list[Stored], options: Namespace) -> int:
    """Show records, each at once, and return how many they were."""
    for stored in found:
        row = view.row(stored)
        if options.format == "json":
            show_json(row)
        else:
            told = _told(row)
            print("  ".join(cell(told.get(column)) for column in _columns(options)), flush=True)
    return len(found)


COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True, uses_store=True)
