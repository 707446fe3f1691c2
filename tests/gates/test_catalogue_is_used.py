# SPDX-License-Identifier: MIT
"""The catalogue and the events, held to those who use them."""

import ast
import importlib
from pathlib import Path

import pytest

from decnet.bus.subjects import is_pattern, is_subset
from decnet.catalog import SERVICES, Service, start_order
from decnet.events import EVENTS, Event
from decnet.paths import SYSTEM
from decnet.runtime.worker import Worker
from decnet.store import keys
from tests.support.sources import Module, modules


def worker_of(service: Service) -> type[Worker]:
    """Return the class that the catalogue names."""
    module, name = service.worker.split(":")
    worker: type[Worker] = getattr(importlib.import_module(module), name)
    return worker


def made_in(module: Module) -> set[str]:
    """Return the events that a module makes."""
    calls = (node.func for node in module.nodes if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name) and function.id in EVENTS}


def handled_by(worker: type[Worker]) -> list[type[Event]]:
    """Return the events that a worker's methods are marked for."""
    methods = (value for owner in worker.__mro__ for value in vars(owner).values() if callable(value))
    return [method.__dict__["handles"] for method in methods if "handles" in getattr(method, "__dict__", {})]


def overlaps(one: str, other: str) -> bool:
    """Say whether one of two patterns covers the other."""
    return is_subset(one, other) or is_subset(other, one)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_has_a_worker_of_its_name(service: Service) -> None:
    worker = worker_of(service)
    assert issubclass(worker, Worker)
    assert worker.name == service.name


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_may_hear_what_its_worker_handles(service: Service) -> None:
    for event in handled_by(worker_of(service)):
        assert any(is_subset(event.pattern, granted) for granted in service.subscribes), event.__name__


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_may_say_what_its_worker_makes(service: Service) -> None:
    path = service.worker.split(":")[0].replace(".", "/") + ".py"
    for module in modules("decnet"):
        if module.path.as_posix() == path:
            for name in made_in(module):
                assert any(overlaps(EVENTS[name].pattern, granted) for granted in service.publishes), name


def test_every_event_is_made_somewhere() -> None:
    made = {name for module in modules("decnet") for name in made_in(module)}
    assert set(EVENTS) - made == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_patterns_of_the_catalogue_stand_for_declared_events(service: Service) -> None:
    for pattern in service.publishes + service.subscribes:
        assert is_pattern(pattern)
        assert any(overlaps(event.pattern, pattern) for event in EVENTS.values()), pattern


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_a_unit_sees_and_is_handed_exists(service: Service) -> None:
    for name in service.reads + service.writes:
        assert isinstance(getattr(SYSTEM, name), Path)
    assert set(service.keys) <= {keys.SEALING, keys.PUBLIC, keys.STORE, keys.COMPARISON}
    assert not (service.docker and service.account), "who stands alone must not reach Docker, which is root's right"


def test_every_worker_module_is_in_the_catalogue() -> None:
    paths = {m.path.stem for m in modules("decnet") if m.path.parts[:2] == ("decnet", "workers") and m.path.stem != "__init__"}
    assert paths == {service.worker.split(":")[0].rsplit(".", 1)[1] for service in SERVICES}


def test_services_start_after_those_they_need_which_share_their_roles() -> None:
    order = [service.name for service in start_order(SERVICES)]
    for service in SERVICES:
        for other in service.after:
            needed = next(row for row in SERVICES if row.name == other)
            assert order.index(other) < order.index(service.name)
            assert set(service.roles) <= set(needed.roles)
