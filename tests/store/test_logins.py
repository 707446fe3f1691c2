# SPDX-License-Identifier: MIT
"""A login ends by itself, by idleness, and by whoever it belongs to."""

from decnet.domain.access import Access
from decnet.store import accounts, logins
from tests.support.stores import Stored


def admin(store: Stored) -> None:
    accounts.add(store.ingest.connection, store.box, "admin", Access.ADMIN, generated="x", password="x")


def test_login_says_who_it_is_and_what_he_may(store: Stored) -> None:
    admin(store)
    connection = store.ingest.connection
    ends_at = logins.begin(connection, b"one", "admin", address="192.0.2.1", seconds=60)
    found = logins.find(connection, b"one", idle_seconds=60)
    assert found is not None
    assert (found.account, found.role, found.must_change_password, found.ends_at) == ("admin", Access.ADMIN, True, ends_at)
    assert logins.find(connection, b"two", idle_seconds=60) is None


def test_login_ends_in_time_and_when_nobody_is_there(store: Stored) -> None:
    admin(store)
    connection = store.ingest.connection
    logins.begin(connection, b"over", "admin", address="", seconds=60)
    connection.execute("UPDATE login SET ends_at = begun_at - 1")
    assert logins.find(connection, b"over", idle_seconds=60) is None
    logins.begin(connection, b"idle", "admin", address="", seconds=60)
    assert logins.find(connection, b"idle", idle_seconds=0) is None
    logins.see(connection, b"idle")
    assert logins.find(connection, b"idle", idle_seconds=60) is not None
    logins.end(connection, b"idle")
    assert logins.find(connection, b"idle", idle_seconds=60) is None


def test_oldest_login_goes_where_there_are_too_many(store: Stored) -> None:
    admin(store)
    connection = store.ingest.connection
    for number in range(logins.MOST_OF_ONE_ACCOUNT + 1):
        logins.begin(connection, b"%d" % number, "admin", address="", seconds=60)
    assert logins.find(connection, b"0", idle_seconds=60) is None
    assert logins.find(connection, b"1", idle_seconds=60) is not None
