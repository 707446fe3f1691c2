# SPDX-License-Identifier: MIT
"""Records have unique ids that sort by time, aware times, and bodies whose kinds are tokens of a topic."""

import re
from datetime import UTC
from uuid import UUID

import pytest

from decnet.domain import evidence
from decnet.domain.evidence import BODIES, Body, Closed, Endpoint, Opened, Origin, Record, new_id, now

ORIGIN = Origin(
    decoy="web",
    lure="http",
    session=new_id(),
    peer=Endpoint(address="192.0.2.1", port=5),
    local=Endpoint(address="127.20.0.1", port=80),
)


def test_new_ids_are_uuids_of_version_7() -> None:
    found = UUID(new_id())
    assert (found.version, found.variant) == (7, "specified in RFC 4122")


def test_new_ids_sort_by_time_and_never_repeat() -> None:
    assert new_id(1.0) < new_id(1.5) < new_id(2e9)
    assert len({new_id(1.0) for _ in range(1000)}) == 1000


def test_new_id_carries_its_milliseconds() -> None:
    assert UUID(new_id(1_700_000_000.123)).int >> 80 == 1_700_000_000_123


def test_now_is_aware_and_in_utc() -> None:
    assert now().tzinfo is UTC


def test_every_kind_is_one_token_of_a_topic() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", kind) for kind in BODIES)


def test_every_body_says_what_its_kind_is() -> None:
    assert {kind: body.kind for kind, body in BODIES.items()} == {kind: kind for kind in BODIES}
    assert BODIES["closed"] is Closed


def test_two_bodies_of_one_kind_are_refused() -> None:
    with pytest.raises(TypeError, match="declared twice"):

        class _Second(Body, kind="opened"):
            def summary(self) -> str:
                return ""


def test_record_knows_its_kind_and_hides_its_secret() -> None:
    record = Record(id=new_id(), host="h", writer="w", sequence=1, at=now(), origin=ORIGIN, body=Opened(), secret=b"hunter2")
    assert record.kind == "opened"
    assert "hunter2" not in repr(record)


def test_summary_of_an_end_says_why_and_how_long() -> None:
    assert Closed(reason="idle", seconds=3.21).summary() == "closed by idle after 3.2 s"


def test_every_public_body_is_in_the_module() -> None:
    assert all(getattr(evidence, body.__name__) is body for body in BODIES.values())
