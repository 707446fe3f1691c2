# SPDX-License-Identifier: MIT
"""Deny by default: the unit decides who a client is, then the user, never what it says."""

import pytest

from decnet.bus.policy import NOBODY, OBSERVER, OPERATOR, Policy, of_client, of_peer
from decnet.catalog import SERVICES
from decnet.events import EVENTS, HealthRequested
from decnet.host.peer import Peer

BUS_UNIT = Peer(uid=990, gid=990, pid=10, unit="decnet-bus.service")
CHECKOUT = Peer(uid=1000, gid=1000, pid=10, unit="user@1000.service")


def peer(uid: int, unit: str = "", pid: int = 4711) -> Peer:
    """Return a process."""
    return Peer(uid=uid, gid=uid, pid=pid, unit=unit)


@pytest.mark.parametrize(
    ("client", "claimed", "server", "expected"),
    [
        (peer(990, "decnet-agent.service"), "ingester", BUS_UNIT, of_client("agent")),
        (peer(0, "decnet-agent.service"), "ingester", BUS_UNIT, of_client("agent")),
        (peer(990, "decnet-nonsense.service"), "agent", BUS_UNIT, NOBODY),
        (peer(0, "cron.service"), "cli", BUS_UNIT, OPERATOR),
        (peer(0, "cron.service"), "agent", BUS_UNIT, of_client("agent")),
        (peer(990, "session-1.scope"), "cli", BUS_UNIT, OBSERVER),
        (peer(990, "session-1.scope"), "agent", BUS_UNIT, OBSERVER),
        (peer(1000, "user@1000.service"), "agent", CHECKOUT, of_client("agent")),
        (peer(1000), "cli", CHECKOUT, OPERATOR),
        (peer(1001, "session-9.scope"), "agent", CHECKOUT, OBSERVER),
        (peer(0, pid=0), "cli", CHECKOUT, OBSERVER),
    ],
)
def test_identity_is_unit_then_user(client: Peer, claimed: str, server: Peer, expected: Policy) -> None:
    assert of_peer(client, claimed=claimed, server=server) == expected


def test_subscription_must_be_a_subset_of_a_granted_pattern() -> None:
    policy = Policy(name="x", subscribes=("evidence.*.login", "fleet.>"))
    assert policy.may_subscribe("evidence.ssh.login")
    assert policy.may_subscribe("evidence.*.login")
    assert policy.may_subscribe("fleet.*")
    assert not policy.may_subscribe("evidence.>")
    assert not policy.may_subscribe("evidence.*.*")
    assert not policy.may_subscribe(">")


def test_only_root_and_api_give_orders_to_services() -> None:
    assert not Policy(name="x", publishes=(">",)).may_publish("system.agent.control")
    assert OPERATOR.may_publish("system.agent.control")
    for service in SERVICES:
        assert of_client(service.name).controls is (service.name == "api")


def test_member_of_the_group_watches_and_asks_how_services_are() -> None:
    assert OBSERVER.may_subscribe(">")
    granted = {event for event in EVENTS.values() if OBSERVER.may_publish(event.pattern.replace("*", "x"))}
    assert granted == {HealthRequested}


def test_unknown_service_may_nothing() -> None:
    assert not NOBODY.may_subscribe("a")
    assert not NOBODY.may_publish("a")
