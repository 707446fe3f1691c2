# SPDX-License-Identifier: MIT
"""The catalogue is coherent, and every row of it exists."""

import re
from pathlib import Path

import pytest

from decnet import workers
from decnet.bus.subjects import is_subset
from decnet.catalog import SERVICES, Role, Service, service, services_of, start_order
from decnet.errors import NotFoundError
from decnet.events import EVENTS
from decnet.runtime.main import resolve
from decnet.runtime.worker import Worker, handlers


def test_service_names_are_unique_and_well_formed() -> None:
    names = [row.name for row in SERVICES]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_service_resolves_to_its_worker(row: Service) -> None:
    worker = resolve(row)
    assert issubclass(worker, Worker)
    assert worker.name == row.name


def test_every_worker_module_is_a_service() -> None:
    modules = {path.stem for path in Path(workers.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == {row.worker.split(":")[0].rpartition(".")[2] for row in SERVICES}


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_service_starts_after_services_of_its_roles(row: Service) -> None:
    for other in row.after:
        assert set(row.roles) <= set(service(other).roles)


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_worker_may_subscribe_what_it_handles(row: Service) -> None:
    for event, _ in handlers(_unstarted(row)).values():
        assert any(is_subset(event.pattern, granted) for granted in row.subscribes), event


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_service_may_report_its_health(row: Service) -> None:
    assert {f"system.{row.name}.health", "system.bus.>"} & set(row.publishes)
    assert "system.health.requested" in row.subscribes


def test_every_subscription_has_a_publisher() -> None:
    """What a service waits for is published by another one, or by an operator's command."""
    by_operators = {"system.health.requested", "fleet.changed"}
    published = {pattern for row in SERVICES for pattern in row.publishes} | by_operators
    for pattern in {pattern for row in SERVICES for pattern in row.subscribes}:
        assert any(is_subset(other, pattern) for other in published), pattern


def test_every_declared_topic_belongs_to_an_event() -> None:
    heads = {event.topic_template.split(".")[0] for event in EVENTS.values()}
    declared = {pattern.split(".")[0] for row in SERVICES for pattern in (*row.publishes, *row.subscribes)}
    assert declared <= heads


def test_start_order_follows_the_declared_order() -> None:
    names = [row.name for row in services_of(Role.MASTER)]
    for row in SERVICES:
        assert all(names.index(other) < names.index(row.name) for other in row.after if other in names)


def test_start_order_ignores_what_is_not_there() -> None:
    assert [row.name for row in start_order([service("decoys")])] == ["decoys"]


def test_unknown_service_is_named() -> None:
    with pytest.raises(NotFoundError, match="'bsu'"):
        service("bsu")


def _unstarted(row: Service) -> Worker:
    """Return an instance without running its constructor; only its methods are looked at."""
    worker = resolve(row)
    return worker.__new__(worker)
