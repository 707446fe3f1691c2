# SPDX-License-Identifier: MIT
"""
The command line: one list of commands, one place where errors become words and exit codes.

Only the module of the command that was called is imported, so that help and completion answer at once.
"""

import errno
import importlib
import importlib.util
import os
import signal
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from decnet.catalog import SERVICES, service
from decnet.errors import DecnetError, DiskFullError, PlanError
from decnet.version import VERSION

if TYPE_CHECKING:
    from decnet.cli.command import Command, StandaloneCommand

COMMANDS = (
    ("deploy", "Make decoys appear: from a fleet file or by number"),
    ("status", "Show what each decoy does"),
    ("teardown", "Take decoys away"),
    ("evidence", "List, follow and show what attackers did"),
    ("attackers", "List who touched a decoy"),
    ("sessions", "List conversations and play their recordings"),
    ("admin", "Show or reset passwords of operators, and make tokens of programs"),
    ("services", "Show the services of this host and how they are"),
    ("lures", "List the protocols that decoys speak, and their options"),
    ("archetypes", "List the kinds of decoys"),
    ("store", "Migrate, back up and check the store"),
    ("secrets", "Make the keys of this host"),
    ("config", "Check and show the configuration"),
    ("configure", "Choose role, account and group of this host, and apply them"),
    ("init", "Install the services without a package"),
    ("doctor", "Find out what is wrong here, and say what mends it"),
    ("completion", "Print the completion of a shell"),
)
INTERRUPTED = 128 + signal.SIGINT
_WIDTH = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_missing_streams()
    return _answered(lambda: _dispatch(given))


def _answered(work: Callable[[], int]) -> int:
    """Do work and return its exit code; its errors become words and a code of their own."""
    try:
        return _flushed(work)
    except DecnetError as error:
        _complain(error)
        return error.exit_code
    except BrokenPipeError:
        _abandon_output()
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        _abandon_output()
        _complain(DiskFullError("the output cannot be written: the disk is full"))
        return DiskFullError.exit_code


def _refuse_bytes(given: Sequence[str]) -> None:
    """Raise ``PlanError`` for an argument that is no text: nothing here is named by arbitrary bytes."""
    for word in given:
        if any("\ud800" <= char <= "\udfff" for char in word):
            raise PlanError(f"{word!a} is not valid UTF-8", remedy="write it in UTF-8, as the listings show it")


def _open_missing_streams() -> None:
    """Let what the caller closed lead nowhere: otherwise the next file or socket takes its number, and gets our output."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def _abandon_output() -> None:
    """Send what is still in the buffer nowhere; Python would complain once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flushed(work: Callable[[], int]) -> int:
    """Do work and write what it left in the buffer, while it can still be said that nobody reads it."""
    try:
        return work()
    finally:
        sys.stdout.flush()


def names() -> list[str]:
    """Return every word that may follow ``decnet``."""
    return [name for name, _ in COMMANDS] + [service.name for service in SERVICES]


def parser_of(name: str) -> ArgumentParser:
    """Return the parser of one command, its options declared."""
    command = _command(name)
    kind = ArgumentParser if command is None else command.parser
    parser = kind(prog=f"decnet {name}", description=_summaries()[name])
    if command is not None:
        command.arguments(parser)
    return parser


def _dispatch(given: list[str]) -> int:
    """Find the command and run it with the configuration; a service without a command of its own runs in the foreground."""
    _refuse_bytes(given)
    top = _top_parser()
    name = top.parse_args(given[:1]).command
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        top.error(f"there is no command {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    options = parser_of(name).parse_args(given[1:])
    command = _command(name)
    if command is not None and not command.needs_config:
        return command.run(options)
    if command is not None and command.uses_keys:
        _close_up(name)
    load = importlib.import_module("decnet.config.load").load
    if command is not None and command.uses_store:
        code: int = importlib.import_module("decnet.cli.owner").run(command, options, load().config, _answered)
    elif command is not None:
        code = command.run(options, load().config)
    else:
        code = importlib.import_module("decnet.runtime.main").run_service(service(name), load)
    return code


def _close_up(name: str) -> None:
    """Let nobody look into this process, which is about to hold keys and evidence: not by its memory, not by its failures."""
    importlib.import_module("decnet.runtime.isolation").forbid_tracing()
    importlib.import_module("decnet.log").set_up(name, path=None, level="warning", floor_bytes=0, journal=False)


def _top_parser() -> ArgumentParser:
    """Return the parser of the word after ``decnet``."""
    parser = ArgumentParser(
        prog="decnet",
        description="A deception network: machines that nobody has a reason to touch.",
        epilog=_overview(),
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"decnet {VERSION}")
    parser.add_argument("command", metavar="COMMAND", help="one of those below; decnet COMMAND --help says more")
    return parser


def _overview() -> str:
    """Return the commands and the services, a line each."""
    commands = [f"  {name:{_WIDTH}}{summary}" for name, summary in COMMANDS]
    services = [f"  {row.name:{_WIDTH}}{row.summary}" for row in SERVICES]
    return "\n".join(["commands:", *commands, "", "services, run in the foreground:", *services])


def _summaries() -> dict[str, str]:
    """Return the summary of every word that may follow ``decnet``."""
    return dict(COMMANDS) | {row.name: row.summary for row in SERVICES}


def _command(name: str) -> "Command | StandaloneCommand | None":
    """Import the command's module; a service needs none."""
    module = f"decnet.cli.{name}"
    if importlib.util.find_spec(module) is None:
        return None
    command: Command | StandaloneCommand = importlib.import_module(module).COMMAND
    return command


def _complain(error: DecnetError) -> None:
    """Say on standard error what happened and what mends it."""
    print(f"decnet: {_lines(error.message)}", file=sys.stderr)
    if error.remedy:
        print(f"  to mend it: {_lines(error.remedy)}", file=sys.stderr)


def _lines(text: str) -> str:
    """Return the lines of an error with nothing in them that a terminal would obey: others name files, decoys, processes."""
    harmless = importlib.import_module("decnet.domain.captured").harmless
    return "\n".join(harmless(line) for line in text.split("\n"))
