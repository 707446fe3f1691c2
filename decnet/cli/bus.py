# SPDX-License-Identifier: MIT
"""``decnet bus``: run the event bus, or look into it and speak on it as an operator."""

import decnet.bus.lean  # isort: skip  # noqa: F401 - it has to come before asyncio

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson

from decnet.bus.bus import Message
from decnet.bus.client import UnixBus
from decnet.bus.factory import socket_path
from decnet.catalog import service
from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import add_format, show, show_json
from decnet.config.load import Loaded, load
from decnet.config.model import Config
from decnet.domain.captured import visible
from decnet.errors import DecnetError, NotRunningError, PlanError
from decnet.events import BusMeasured
from decnet.remedy import start
from decnet.runtime.main import run_service

CLIENT: Final = "operator"
ANSWER_SECONDS: Final = 5.0
_COUNTERS: Final = ("connections", "subscriptions", "received", "delivered", "dropped", "refused")
_COLUMNS: Final = ("client", "unit", "uid", "pid", "patterns", "received", "delivered", "waiting", "dropped")


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of the service and of the actions."""
    parser.add_argument("--socket", metavar="PATH", help="where the bus listens, instead of the configured place")
    parser.add_argument("--group", metavar="G", help="the group that may connect, instead of the configured one")
    actions = parser.add_subparsers(
        dest="action", title="actions", description="without one, the service runs in the foreground"
    )
    publish = actions.add_parser("pub", help="publish a JSON object on a topic")
    publish.add_argument("topic")
    publish.add_argument("json", help="the body, a JSON object")
    subscribe = actions.add_parser("sub", help="print what is published, until interrupted")
    subscribe.add_argument("pattern", help="a topic in which * is any token and > the rest")
    add_format(subscribe)
    add_format(actions.add_parser("stats", help="show the counters of the bus and of its clients"))


def run(options: Namespace, config: Config) -> int:
    """Run the service in the foreground, or one action against the bus that runs."""
    if options.action is None:
        return run_service(service("bus"), lambda: _with_options(load(), options))
    asyncio.run(_act(options, _configured(config, options)))
    return EXIT_OK


def _with_options(loaded: Loaded, options: Namespace) -> Loaded:
    """Return the configuration with the options of the command line above it."""
    return replace(loaded, config=_configured(loaded.config, options))


def _configured(config: Config, options: Namespace) -> Config:
    """Return ``config`` with ``--socket`` and ``--group`` above it."""
    given = {name: value for name in ("socket", "group") if (value := getattr(options, name)) is not None}
    return replace(config, bus=replace(config.bus, **given))


async def _act(options: Namespace, config: Config) -> None:
    """Do one action over a connection of its own; raise ``NotRunningError`` where there is no bus."""
    action = {"pub": _publish, "sub": _subscribe, "stats": _show_stats}[options.action]
    bus = UnixBus(socket_path(config), CLIENT, queue_count=config.bus.queue_count, queue_bytes=config.bus.queue_bytes)
    problem: DecnetError | OSError | None = None
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bus.run())
        try:
            await _within(bus.connected, bus.path)
            await action(options, bus)
        except (DecnetError, OSError) as error:
            # raised below: out of the group it would come as a group
            problem = error
        finally:
            await bus.close()
            running.cancel()
    if problem is not None:
        raise problem


async def _within(wait: Callable[[], Awaitable[object]], path: Path) -> None:
    """Wait for the bus, but no longer than somebody in front of a terminal does."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await wait()
    except TimeoutError:
        raise NotRunningError(f"no bus answers on {path}", remedy=start("bus")) from None


async def _publish(options: Namespace, bus: UnixBus) -> None:
    """Publish one message, and see that the bus took it."""
    await bus.publish_raw(options.topic, _body_of(options.json))
    await bus.flush()


def _body_of(text: str) -> bytes:
    """Return a JSON object as a body; raise ``PlanError`` where it is none."""
    try:
        body = orjson.dumps(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise PlanError(f"the body is no JSON: {error}", remedy="decnet bus pub a.topic '{\"key\": 1}'") from None
    if not body.startswith(b"{"):
        raise PlanError("the body is no JSON object", remedy="decnet bus pub a.topic '{\"key\": 1}'")
    return body


async def _subscribe(options: Namespace, bus: UnixBus) -> None:
    """Print messages until interrupted."""
    async for message in await bus.subscribe(options.pattern):
        _print_message(message, options.format)


def _print_message(message: Message, format_: str) -> None:
    """Print one message: a line of JSON, or of text that is harmless for a terminal."""
    sender = message.sender
    if format_ == "json":
        origin = {"uid": sender.uid, "pid": sender.pid, "unit": sender.unit, "client": sender.client}
        body = orjson.Fragment(message.body)
        show_json({"topic": message.topic, "id": message.id, "at": message.at, "sender": origin, "body": body})
        return
    who = sender.unit or f"{sender.client}[{sender.pid}]"
    print(f"{message.at:%H:%M:%S.%f} {message.topic} {who} {visible(message.body.decode('utf-8', 'replace'))}", flush=True)


async def _show_stats(options: Namespace, bus: UnixBus) -> None:
    """Print the counters: of the bus, then of each client."""
    measured = await _measurement(bus)
    totals = {name: getattr(measured, name) for name in _COUNTERS}
    if options.format == "json":
        show_json({"at": measured.at, **totals, "clients": measured.clients})
        return
    show([totals], _COUNTERS, format_=options.format)
    print()
    show(measured.clients, _COLUMNS, format_=options.format)


async def _measurement(bus: UnixBus) -> BusMeasured:
    """Return the counters, which the server sends at once to whoever subscribes them."""
    found: list[BusMeasured] = []

    async def wait() -> None:
        async for message in await bus.subscribe(BusMeasured.pattern):
            event = bus.decode(message)
            if isinstance(event, BusMeasured):
                found.append(event)
                return

    await _within(wait, bus.path)
    return found[0]


COMMAND = Command(arguments=arguments, run=run)
