# SPDX-License-Identifier: MIT
"""Complaints are counted all, and logged once a minute for each client."""

import pytest

from decnet.bus.complaints import CLIENTS, QUIET_SECONDS, Complaints


def test_complaints_about_one_client_make_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    complaints = Complaints(lambda: now)
    for _ in range(5):
        complaints.add("mallory", "garbage")
    assert [record.getMessage() for record in caplog.records] == ["the bus refused mallory: garbage"]
    now = QUIET_SECONDS
    complaints.add("mallory", "more garbage")
    assert caplog.records[-1].getMessage() == "the bus refused mallory: more garbage (4 more since the last line)"
    assert complaints.total == 6


def test_complaints_about_another_client_have_their_own_line(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints(lambda: 0.0)
    complaints.add("mallory", "garbage")
    complaints.add("trudy", "garbage")
    assert len(caplog.records) == 2


def test_complaints_remember_a_bounded_number_of_clients() -> None:
    complaints = Complaints(lambda: 0.0)
    for number in range(CLIENTS + 50):
        complaints.add(f"client {number}", "garbage")
    assert len(complaints._known) == CLIENTS
