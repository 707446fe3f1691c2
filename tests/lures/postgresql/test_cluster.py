# SPDX-License-Identifier: MIT
"""What one attacker sees."""

import pytest

from decnet.lures.postgresql.cluster import MAX_DATABASES, MAX_LARGE_BYTES, hashed
from decnet.lures.postgresql.report import Report
from tests.lures.postgresql.database import database


def test_password_is_kept_as_a_digest() -> None:
    assert hashed("alice", "wonder").startswith("md5")
    assert hashed("alice", hashed("alice", "wonder")) == hashed("alice", "wonder")


def test_room_is_bounded() -> None:
    cluster = database().cluster_of("127.0.0.1")
    with pytest.raises(Report):
        cluster.keep_large(MAX_LARGE_BYTES + 1)
    for number in range(MAX_DATABASES - len(cluster.databases)):
        cluster.add_database(f"d{number}", "postgres")
    with pytest.raises(Report) as raised:
        cluster.add_database("more", "postgres")
    assert "No space left on device" in raised.value.message


def test_numbers_stay_the_same() -> None:
    cluster = database().cluster_of("127.0.0.1")
    assert cluster.oid_of("postgres", "public", "a") == cluster.oid_of("postgres", "public", "a")
    assert cluster.next_pid() < cluster.next_pid()
