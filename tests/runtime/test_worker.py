# SPDX-License-Identifier: MIT
"""What marks a method as a handler or as a timer."""

from pathlib import Path

from decnet.bus.null import NullBus
from decnet.config.model import Bus
from decnet.events import FleetChanged, SpoolIngested
from decnet.runtime.worker import Worker, every, handlers, on, timers
from tests.support.workers import config


class Parent(Worker):
    """Handles two events."""

    name = "agent"

    @on(FleetChanged)
    async def change(self, event: FleetChanged) -> None:
        """Do nothing."""

    @on(SpoolIngested)
    async def forget(self, event: SpoolIngested) -> None:
        """Do nothing."""


class Child(Parent):
    """Replaces one handler by a timer."""

    @every(5.0)
    async def change(self) -> None:  # type: ignore[override]  # the point of the test
        """Do nothing."""


def test_handlers_are_inherited_and_replaced(tmp_path: Path) -> None:
    child = Child(config(tmp_path), NullBus())
    assert [(name, event) for name, (event, _) in handlers(child).items()] == [("forget", SpoolIngested)]
    assert [(name, pause) for name, (pause, _) in timers(child).items()] == [("change", 5.0)]


def test_bus_is_the_one_of_the_configuration(tmp_path: Path) -> None:
    assert isinstance(Parent.make_bus(config(tmp_path, bus=Bus(transport="null"))), NullBus)
