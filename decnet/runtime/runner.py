# SPDX-License-Identifier: MIT
"""
The life of a service: everything that is the same for all of them.

The runner owns configuration, bus, the talk with systemd, signals, health and the exit code; the worker owns its work. A
handler's exception is logged and counted; lost infrastructure ends the process, and systemd starts it again.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from decnet import log as logs
from decnet.config.model import Config
from decnet.errors import BusError, ConfigError
from decnet.events import Event, HealthRequested
from decnet.runtime import notify
from decnet.runtime.guard import guarded, tell_loop_failure
from decnet.runtime.worker import Worker, handlers, timers
from decnet.version import VERSION

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
GOODBYE_SECONDS = 2.0

Reader = Callable[[], Config]


class Stopped(Exception):  # noqa: N818 - a request, not an error
    """Ends the task group: the service was asked to stop."""


class Runner:
    """
    Runs one worker from start to stop.

    ``read`` reads the configuration again, for SIGHUP; ``settled`` is called when the worker has started.
    """

    def __init__(self, worker: Worker, read: Reader, settled: Callable[[], None] = lambda: None) -> None:
        self.worker = worker
        self.read = read
        self.settled = settled
        self.stop_requested = asyncio.Event()
        self.reload_requested = asyncio.Event()

    async def run(self) -> None:
        """
        Start the worker, be ready, work until asked to stop, give everything back.

        Raises whatever ended a task that is not a handler: an ``ExceptionGroup`` with what went wrong in it.
        """
        asyncio.get_running_loop().set_exception_handler(tell_loop_failure)
        try:
            await self._work()
        finally:
            notify.stopping()
            await self.worker.stop()

    def stop(self) -> None:
        """Ask the service to stop."""
        self.stop_requested.set()

    def reload(self) -> None:
        """Ask the service to read its configuration again."""
        self.reload_requested.set()

    async def _work(self) -> None:
        """Hold the tasks of the service until one fails or a stop is asked for."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self.worker.tasks = tasks
                bus = tasks.create_task(self.worker.bus.run(), name="bus")
                await self.worker.start()
                self._begin(tasks)
                self.settled()
                notify.ready()
                log.info("%s %s is ready", self.worker.name, VERSION)
                await self._wait_for_the_end(bus)
        except* Stopped:
            log.info("%s stops as it was asked to", self.worker.name)

    def _begin(self, tasks: asyncio.TaskGroup) -> None:
        """Start the worker's own loop, its handlers and timers, and what every service does besides."""
        tasks.create_task(self.worker.run(), name="run")
        tasks.create_task(self._beat(), name="heartbeat")
        tasks.create_task(self._answer(), name="health")
        tasks.create_task(self._reload_when_asked(), name="reload")
        seconds = notify.watchdog_seconds()
        if seconds:
            tasks.create_task(_pet(seconds), name="watchdog")
        for name, (event, method) in handlers(self.worker).items():
            tasks.create_task(self._handle(event, method), name=name)
        for name, (pause, timer) in timers(self.worker).items():
            tasks.create_task(self._tick(pause, timer, name), name=name)

    async def _handle(self, event: type[Event], method: Callable[[Any], Awaitable[None]]) -> None:
        """Give a handler its events, one after the other; the subscription is its bounded queue."""
        subscription = await self.worker.bus.subscribe(event.pattern)
        what = f"{self.worker.name}: handling {event.__name__}"
        counted = 0
        async for message in subscription:
            self.worker.counters.dropped += subscription.dropped - counted
            counted = subscription.dropped
            try:
                received = self.worker.bus.decode(message)
            except BusError as error:
                self.worker.counters.failed += 1
                log.warning("%s from %s: %s", what, message.sender.client, error.message)
                continue
            await guarded(method(received), self.worker.counters, what)

    async def _tick(self, pause: float, timer: Callable[[], Awaitable[None]], name: str) -> None:
        """Call a timer again and again; how often it ran is no work done, so it is not counted as handled."""
        while True:
            await asyncio.sleep(pause)
            if await guarded(timer(), self.worker.counters, f"{self.worker.name}: {name}"):
                self.worker.counters.handled -= 1

    async def _beat(self) -> None:
        """Report health at once and then every ten seconds."""
        while True:
            await self.worker.bus.publish(self.worker.health())
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _answer(self) -> None:
        """Report health at once whenever somebody asks."""
        async for _ in await self.worker.bus.subscribe(HealthRequested.pattern):
            await self.worker.bus.publish(self.worker.health())

    async def _reload_when_asked(self) -> None:
        """Validate, swap, tell; a bad configuration changes nothing and says so."""
        while True:
            await self.reload_requested.wait()
            self.reload_requested.clear()
            notify.reloading()
            try:
                config = self.read()
                self._refuse_what_is_fixed(config)
                await self.worker.reload(config)
            except ConfigError as error:
                remedy = f" ({error.remedy})" if error.remedy else ""
                log.error("the configuration has NOT been changed: %s%s", error.message, remedy)  # noqa: TRY400 - the sentence says all
            else:
                logs.set_level(config.log.level)
                logs.set_floor(config.disk.log_floor_bytes)
                log.info("the configuration was read again")
            notify.ready()

    def _refuse_what_is_fixed(self, config: Config) -> None:
        """Raise ``ConfigError`` where a section is another one that only a restart can change."""
        changed = [name for name in self.worker.fixed if getattr(config, name) != getattr(self.worker.config, name)]
        if changed:
            sections = ", ".join(f"[{name}]" for name in changed)
            raise ConfigError(f"{sections} cannot change while {self.worker.name} runs", remedy="restart it")

    async def _wait_for_the_end(self, bus: asyncio.Task[None]) -> None:
        """Wait until a stop is asked for, take leave of the bus (but never wait long for it), end all tasks."""
        await self.stop_requested.wait()
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self.worker.bus.close()
        except TimeoutError:
            log.warning("the bus did not take its leave within %s s", GOODBYE_SECONDS)
        bus.cancel()
        raise Stopped


async def _pet(seconds: float) -> None:
    """Show the watchdog that the event loop turns."""
    while True:
        notify.notify("WATCHDOG=1")
        await asyncio.sleep(seconds)


def keep_for_good() -> None:
    """
    Tell the garbage collector that what is there now stays.

    A full collection looks at everything that was imported, 30,000 objects and more: it stops a service for 5 to 15 ms, again
    and again, and finds nothing. Measured; afterwards it takes microseconds.
    """
    gc.collect()
    gc.freeze()


async def run_until_signalled(worker: Worker, read: Reader) -> None:
    """Run ``worker`` until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
    runner = Runner(worker, read, settled=keep_for_good)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runner.stop)
    loop.add_signal_handler(signal.SIGHUP, runner.reload)
    await runner.run()
