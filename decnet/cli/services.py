# SPDX-License-Identifier: MIT
"""``decnet services``: the services of this host and how they are, asked over the bus."""

import asyncio
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from typing import Any

from decnet.bus.bus import Bus, Subscription
from decnet.bus.factory import get_bus
from decnet.catalog import services_of
from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import Row, add_format, show
from decnet.config.model import Config
from decnet.errors import BusError, NotRunningError
from decnet.events import HealthReported, HealthRequested, decode

ANSWER_SECONDS = 1.5
_COLUMNS = ("service", "state", "pid", "handled", "failed", "dropped", "lag", "summary")


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_format(parser)


def _run(options: Namespace, config: Config) -> int:
    """Show a row for each service; exit 7 unless all of them answered that they are well."""
    health = asyncio.run(ask(config))
    rows: list[Row] = []
    for service in services_of(config.host.role):
        report = health.get(service.name)
        known: dict[str, Any] = {"service": service.name, "summary": service.summary, "state": "does not answer"}
        rows.append({**known, **(_row(report) if report else {})})
    show(rows, _COLUMNS, format_=options.format)
    return EXIT_OK if all(row["state"] == "ok" for row in rows) else NotRunningError.exit_code


def _row(report: HealthReported) -> Row:
    """Return what a heartbeat says."""
    names = ("state", "pid", "version", "at", "handled", "failed", "dropped", "lag", "detail")
    return {name: getattr(report, name) for name in names}


async def ask(config: Config, seconds: float = ANSWER_SECONDS) -> dict[str, HealthReported]:
    """Return the heartbeats of those that answer in time, by service; none where the bus is away."""
    expected = {service.name for service in services_of(config.host.role)}
    bus = get_bus(config, "services")
    found: dict[str, HealthReported] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(bus.run())
            await bus.connected()
            await _collect(bus, await bus.subscribe(HealthReported.pattern), expected, found)
            await bus.close()
            running.cancel()
    return found


async def _collect(bus: Bus, answers: Subscription, expected: set[str], found: dict[str, HealthReported]) -> None:
    """Ask, and take the answers until every expected service gave one."""
    await bus.publish(HealthRequested())
    async for message in answers:
        with suppress(BusError):
            event = decode(message.body)
            if isinstance(event, HealthReported):
                found[event.service] = event
        if expected <= found.keys():
            return


COMMAND = Command(arguments=_arguments, run=_run)
