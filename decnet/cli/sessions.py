# SPDX-License-Identifier: MIT
"""``decnet sessions``: conversations, and their recordings played."""

import sys
import time
from argparse import ArgumentParser, Namespace
from contextlib import closing
from typing import BinaryIO

from decnet.cli.command import EXIT_OK, Command, count, duration
from decnet.cli.output import Row, add_format, show
from decnet.config.model import Config
from decnet.domain.terminal import TerminalFilter
from decnet.errors import NotFoundError
from decnet.store import blobs, keys, recordings, sessions
from decnet.store.database import connect, explained
from decnet.store.sessions import SessionSummary

_COLUMNS = ("id", "first_at", "seconds", "decoy", "lure", "address", "commands", "credentials", "files", "recorded", "reason")
_RESET = "\x1b[0m\r\n"
_DEFAULT_LIMIT = 50


def _arguments(parser: ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="sessions, the latest last")
    listing.add_argument("--limit", type=count, default=_DEFAULT_LIMIT, help=f"at most so many sessions ({_DEFAULT_LIMIT})")
    listing.add_argument("--recorded", action="store_true", help="only those with a recording of the terminal")
    for name in ("address", "decoy", "lure"):
        listing.add_argument(f"--{name}", help=f"only of this {name}")
    add_format(listing)
    play = actions.add_parser("play", help="show what the attacker's terminal showed")
    play.add_argument("id", help="the id of the session")
    play.add_argument("--speed", type=duration, default=1.0, help="times as fast as it was (1); 0 shows everything at once")
    play.add_argument("--idle-limit", type=duration, default=2.0, metavar="SECONDS", help="longest pause (2)")
    play.add_argument(
        "--raw",
        action="store_true",
        help="send the recording to this terminal as it is: the attacker then writes to your terminal, which may answer, "
        "change its title or clipboard, or hide text; without it only text, colours and cursor movements pass",
    )


def _run(options: Namespace, config: Config) -> int:
    """Do what was asked."""
    with closing(connect(config.paths.store, read_only=True)) as connection, explained(config.paths.store):
        if options.action == "list":
            found = sessions.newest(
                connection,
                limit=options.limit,
                address=options.address,
                decoy=options.decoy,
                lure=options.lure,
                recorded=options.recorded,
            )
            show([_row(one, options) for one in found], _COLUMNS, format_=options.format)
            return EXIT_OK
        recording = _recording(sessions.get(connection, options.id), options.id)
    with blobs.open_content(config.paths.blobs, recording, keys.load(config.paths.secrets)) as content:
        _play(content, options)
    return EXIT_OK


def _row(session: SessionSummary, options: Namespace) -> Row:
    """Return a session as a row."""
    names = ("id", "host", "first_at", "last_at", "closed_at", "reason", "records", "commands", "credentials", "files")
    row = {name: getattr(session, name) for name in (*names, "recording")}
    row |= {"decoy": session.origin.decoy, "lure": session.origin.lure}
    row |= {"address": session.origin.peer.address, "port": session.origin.peer.port}
    row["seconds"] = (session.last_at - session.first_at).total_seconds()
    if options.format == "text":
        row |= {"first_at": f"{session.first_at:%Y-%m-%d %H:%M:%S}", "recorded": "yes" if session.recording else ""}
    return row


def _recording(session: SessionSummary | None, session_id: str) -> str:
    """Return the name of a session's recording."""
    if session is None:
        raise NotFoundError(f"there is no session {session_id}", remedy="decnet sessions list")
    if session.recording is None:
        raise NotFoundError(f"session {session_id} has no recording", remedy="decnet sessions list --recorded")
    return session.recording


def _play(lines: BinaryIO, options: Namespace) -> None:
    """Write a recording to standard output in its own time."""
    harmless = TerminalFilter()
    last = 0.0
    recordings.head(lines)
    for at, output in recordings.outputs(lines):
        if options.speed > 0:
            time.sleep(min(max(at - last, 0.0), options.idle_limit) / options.speed)
        last = at
        sys.stdout.write(output if options.raw else harmless.feed(output))
        sys.stdout.flush()
    sys.stdout.write(_RESET)
    sys.stdout.flush()


COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True, uses_store=True)
