# SPDX-License-Identifier: MIT
"""What every command does that changes the decoys: show the plan, store it, wake the agent, wait until it is done."""

import asyncio
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from decnet.bus.factory import get_bus
from decnet.cli.asker import asker, note
from decnet.cli.command import EXIT_OK
from decnet.cli.output import add_format, show
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.domain.desired import DesiredState, decode, encode
from decnet.domain.plan import Step, plan
from decnet.engine.lock import holder
from decnet.engine.report import AgentReport, LureReport, read
from decnet.errors import BusError, DecnetError, HostError, InUseError, NotRunningError, PlanError
from decnet.events import FleetChanged
from decnet.host.account import as_account, owner_of
from decnet.remedy import start
from decnet.store import fleet
from decnet.store.database import connect, transaction

BUS_SECONDS = 2.0
DONE_SECONDS = 30.0
LOOK_SECONDS = 0.1
_COLUMNS = ("action", "decoy", "lure", "detail")


@dataclass(frozen=True)
class Current:
    """The desired state as it is now, and its revision."""

    revision: int
    state: DesiredState


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what every change takes."""
    parser.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_format(parser)


def look(config: Config) -> Current:
    """Return the desired state; raise ``PlanError`` on a host whose master decides."""
    if config.host.role != "master":
        raise PlanError("the decoys of an agent are decided on its master", remedy="run this on the master")
    revision, document = as_account(owner_of(config.paths.store.parent), lambda: _newest(config))
    return Current(revision, decode(document.encode()))


def _newest(config: Config) -> tuple[int, str]:
    """Return the newest revision and its document."""
    with closing(connect(config.paths.store, read_only=True)) as connection:
        newest = fleet.current(connection)
    return newest.revision, newest.document


def carry_out(options: Namespace, config: Config, current: Current, wanted: DesiredState) -> int:
    """
    Show what has to be done and do it; return the exit code.

    Raises ``InUseError`` where somebody changed the fleet meanwhile or a decoy cannot have its port, ``NotRunningError`` where
    the plan is stored but no agent is there to carry it out.
    """
    steps = plan(wanted, current.state)
    _show_plan(options, steps)
    if options.dry_run:
        _explain(options, steps)
        return EXIT_OK
    revision = current.revision
    if steps:
        if not _is_agreed(options):
            return EXIT_OK
        revision = _store(config, current, wanted, len(steps))
        if _is_agent_running(config):
            asyncio.run(_wake(config, revision))
    _tell_ports(wanted, _wait(config, revision, _say_if(options)), _say_if(options))
    return EXIT_OK


def _show_plan(options: Namespace, steps: tuple[Step, ...]) -> None:
    """Show the plan, or that there is none."""
    rows = [{column: getattr(step, column) for column in _COLUMNS} for step in steps]
    if rows or options.format == "json":
        show(rows, _COLUMNS, format_=options.format)
    else:
        print("nothing to change")


def _explain(options: Namespace, steps: tuple[Step, ...]) -> None:
    """Say what a dry run cannot know: the name of a host is drawn when the decoy is made."""
    if any(step.action == "create" for step in steps):
        _say_if(options)("nothing was changed; new host names are drawn again when it is done")


def _is_agreed(options: Namespace) -> bool:
    """Ask a person whether the plan is right."""
    if options.yes or not sys.stdin.isatty():
        return True
    return input("Do this? [y/N] ").strip().lower() in ("y", "yes")


def _say_if(options: Namespace) -> Callable[[str], None]:
    """Return where progress goes: standard error, so that the output stays a listing."""
    if options.format == "json":
        return lambda _: None
    return lambda text: print(text, file=sys.stderr, flush=True)


def _store(config: Config, current: Current, wanted: DesiredState, steps: int) -> int:
    """Write the new revision, as the account that owns the store, and return its number."""
    author, document = asker(environment()), encode(wanted).decode()

    def write() -> int:
        with closing(connect(config.paths.store)) as connection, transaction(connection, config.paths.store):
            revision = fleet.replace(connection, document, based_on=current.revision, author=author).revision
            note(connection, author, "fleet changed", f"revision {revision}", f"{steps} steps")
        return revision

    return int(as_account(owner_of(config.paths.store.parent), write))


async def _wake(config: Config, revision: int) -> None:
    """Tell the agent; without a bus it looks by itself, later."""
    bus = get_bus(config, "deploy")
    running = asyncio.get_running_loop().create_task(bus.run())
    try:
        async with asyncio.timeout(BUS_SECONDS):
            await bus.connected()
            await bus.publish(FleetChanged(revision=revision))
            await bus.close()
    except (TimeoutError, BusError):
        print("the bus does not answer; the agent looks for changes every half minute", file=sys.stderr)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _is_agent_running(config: Config) -> bool:
    """Say whether an agent holds its lock."""
    return holder(config.paths.agent_lock) > 0


def _wait(config: Config, revision: int, say: Callable[[str], None]) -> AgentReport:
    """Return the agent's report when every decoy is up; raise what an operator has to know where one is not."""
    deadline = time.monotonic() + DONE_SECONDS
    said = ""
    while True:
        if not _is_agent_running(config):
            message = f"the agent does not run; the plan is stored as revision {revision} and done when it starts"
            raise NotRunningError(message, remedy=start("agent"))
        report = read(config.paths.agent / "decoys.json", AgentReport)
        if report is not None and report.revision >= revision:
            states = [decoy.state for decoy in report.decoys]
            said = _progress(f"{states.count('up')} of {len(states)} decoys are up", said, say)
            if "waiting" not in states:
                _judge(report)
                return report
        if time.monotonic() > deadline:
            _give_up(report, revision)
        time.sleep(LOOK_SECONDS)


def _tell_ports(wanted: DesiredState, report: AgentReport, say: Callable[[str], None]) -> None:
    """Say which ports are others than those that were asked for: whoever tries a decoy needs the ones that were taken."""
    asked = {(entry.name, lure.name): lure.port for entry in wanted.decoys for lure in entry.lures}
    taken = {(decoy.name, lure.name): lure.port for decoy in report.decoys for lure in decoy.lures}
    moved = sorted({(port, taken[place]) for place, port in asked.items() if taken.get(place, port) != port})
    if moved:
        pairs = ", ".join(f"{port} is {there}" for port, there in moved)
        say(f"the agent may not open ports below 1024 here: {pairs}; decnet status shows where each lure listens")


def _progress(text: str, said: str, say: Callable[[str], None]) -> str:
    """Say how far it is, once for each change."""
    if text != said:
        say(text)
    return text


def _judge(report: AgentReport) -> None:
    """Raise the error that says which decoys are not up, and why."""
    failed = [(decoy.name, lure) for decoy in report.decoys for lure in decoy.lures if lure.state == "failed"]
    if failed:
        raise _failure(failed)


def _failure(failed: list[tuple[str, LureReport]]) -> DecnetError:
    """Return one error for all lures that are not up; its kind is that of the worst."""
    lines = [f"\n  {name}/{lure.name}: {lure.error}" for name, lure in failed]
    count = "1 lure is" if len(lines) == 1 else f"{len(lines)} lures are"
    message = f"{count} not up, everything else is:{''.join(dict.fromkeys(lines))}"
    kind = InUseError if any(lure.code == InUseError.exit_code for _, lure in failed) else HostError
    return kind(message, remedy="decnet status shows them; the agent tries again every half minute")


def _give_up(report: AgentReport | None, revision: int) -> None:
    """Raise the error for what did not happen in time."""
    if report is None or report.revision < revision:
        message = f"the agent has not taken revision {revision} within {DONE_SECONDS:.0f} s"
        raise NotRunningError(message, remedy="look into its log: decnet doctor")
    message = "the ports are open, but no decoys service answers on all of them; clients wait"
    raise NotRunningError(message, remedy=start("decoys"))
