# SPDX-License-Identifier: MIT
"""``decnet deploy``: make decoys appear, from a fleet file or by number."""

import secrets
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from decnet.cli import change
from decnet.cli.command import Command
from decnet.config.model import Config
from decnet.domain.fleet import MOST_DECOYS, FleetRequest, parse, request_of
from decnet.domain.problem import Problem
from decnet.domain.resolution import Resolution
from decnet.engine.catalogue import shelf
from decnet.engine.factory import get_ground
from decnet.engine.listener import listening_addresses
from decnet.errors import NotFoundError, PlanError

LARGEST_FILE = 16 * 1024 * 1024


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("fleet", nargs="?", metavar="FLEET.ini", help="a fleet file; - reads standard input")
    parser.add_argument("--decoys", type=int, metavar="N", help="deploy N decoys of one archetype instead of a file")
    parser.add_argument("--archetype", metavar="SLUG", help="their archetype; decnet archetypes lists them")
    change.add_arguments(parser)


def _run(options: Namespace, config: Config) -> int:
    """Validate everything, show the plan, do it."""
    problems: list[Problem] = []
    request = _request(options, problems)
    current = change.look(config)
    resolution = Resolution(request, current.state, shelf(), get_ground(config), listening_addresses())
    resolution.problems[:0] = problems
    wanted = resolution.resolve(now=int(time.time()), new_seed=lambda: secrets.token_hex(32))
    return change.carry_out(options, config, current, wanted)


def _request(options: Namespace, problems: list[Problem]) -> FleetRequest:
    """Return what is asked for; raise ``PlanError`` where that is not said in one way."""
    if options.fleet and options.decoys is None and options.archetype is None:
        return parse(_text(options.fleet), _source(options.fleet), problems)
    if not options.fleet and options.decoys is not None and options.archetype:
        if not 1 <= options.decoys <= MOST_DECOYS:
            raise PlanError(f"--decoys {options.decoys} is no number from 1 to {MOST_DECOYS}", remedy="decnet deploy --help")
        return request_of(options.archetype, options.decoys)
    raise PlanError(
        "say either a fleet file, or --decoys and --archetype",
        remedy="decnet deploy FLEET.ini, or decnet deploy --decoys 3 --archetype linux-server",
    )


def _source(name: str) -> str:
    """Return what messages call the file."""
    return "standard input" if name == "-" else name


def _text(name: str) -> str:
    """Return the text of a fleet file."""
    try:
        data = sys.stdin.buffer.read(LARGEST_FILE + 1) if name == "-" else _read(Path(name))
        if len(data) > LARGEST_FILE:
            raise PlanError(f"{_source(name)} is larger than {LARGEST_FILE} bytes; that is no fleet file")
        return data.decode()
    except OSError as error:
        raise NotFoundError(f"the fleet file {name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{_source(name)} is no text in UTF-8: byte {error.start}") from error


def _read(path: Path) -> bytes:
    """Return the bytes of a file, as far as a fleet file may go."""
    with path.open("rb") as opened:
        return opened.read(LARGEST_FILE + 1)


COMMAND = Command(arguments=_arguments, run=_run)
