# SPDX-License-Identifier: MIT
"""Services are as their last heartbeat says, as long as that is young."""

from decnet.api.roster import ASKED, STALE_SECONDS, Roster
from decnet.catalog import SERVICES
from decnet.domain.evidence import now
from decnet.events import HealthReported


def heartbeat(service: str, state: str = "ok") -> HealthReported:
    return HealthReported(service=service, at=now(), pid=7, version="1", state=state, detail={"x": 1})


def test_services_are_asked_until_all_have_answered_but_not_for_ever() -> None:
    roster = Roster(SERVICES)
    assert [roster.has_to_ask() for _ in range(ASKED + 1)] == [True] * ASKED + [False]
    complete = Roster(SERVICES)
    assert complete.has_to_ask()
    for service in SERVICES:
        complete.note(heartbeat(service.name))
    assert not complete.has_to_ask()


def test_heartbeat_decides_the_state_until_it_is_old() -> None:
    times = [0.0]
    roster = Roster(SERVICES, lambda: times[0])
    assert {health.state for health in roster.listed()} == {"unknown"}
    roster.note(heartbeat("bus"))
    roster.note(heartbeat("agent", "the disk is full"))
    roster.note(heartbeat("a-stranger"))
    states = {health.name: (health.state, health.message) for health in roster.listed()}
    assert states["bus"] == ("ok", "")
    assert states["agent"] == ("failing", "the disk is full")
    assert states["ingester"][0] == "unknown"
    assert "a-stranger" not in states
    times[0] += STALE_SECONDS + 1
    assert next(health.state for health in roster.listed() if health.name == "bus") == "stale"
