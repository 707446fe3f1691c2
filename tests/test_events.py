# SPDX-License-Identifier: MIT
"""Events keep their shape over the wire, and refuse any other."""

from datetime import UTC, datetime

import orjson
import pytest

from decnet.errors import BusError
from decnet.events import EVENTS, Event, FleetApplied, HealthReported, SpoolIngested, decode, encode


def test_event_survives_encoding() -> None:
    event = HealthReported(
        service="agent", at=datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), pid=7, version="1", detail={"a": 1.5}
    )
    assert decode(encode(event)) == event


def test_topic_is_filled_from_the_fields() -> None:
    event = HealthReported(service="agent", at=datetime.now(UTC), pid=7, version="1")
    assert event.topic == "system.agent.health"
    assert HealthReported.pattern == "system.*.health"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"type": "Nothing", "payload": {}}',
        b'{"type": [], "payload": {}}',
        b'{"type": "SpoolIngested", "payload": 3}',
        b'{"type": "SpoolIngested", "payload": {"host": "a", "writer": "b"}}',
        b'{"type": "SpoolIngested", "payload": {"host": "a", "writer": "b", "sequence": "3"}}',
    ],
)
def test_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BusError):
        decode(body)


def test_field_that_a_newer_version_added_is_ignored() -> None:
    body = orjson.dumps({"type": "SpoolIngested", "payload": {"host": "a", "writer": "b", "sequence": 3, "new": 1}})
    assert decode(body) == SpoolIngested(host="a", writer="b", sequence=3)


def test_event_declared_twice_is_refused() -> None:
    with pytest.raises(TypeError, match="declared twice"):
        type("FleetApplied", (Event,), {}, topic="fleet.applied")
    assert EVENTS["FleetApplied"] is FleetApplied


def test_every_event_is_frozen_and_documented() -> None:
    for event in EVENTS.values():
        assert event.__doc__
        assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]  # set by dataclass
