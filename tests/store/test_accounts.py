# SPDX-License-Identifier: MIT
"""Accounts: a generated password is readable until it is changed, and somebody is always left to administer."""

import sqlite3
from collections.abc import Callable

import pytest

from decnet.domain.access import Access
from decnet.errors import InUseError, NotFoundError, PlanError
from decnet.store import accounts, logins
from tests.support.stores import Stored

HASH = "$argon2id$x"


@pytest.fixture
def connection(store: Stored) -> sqlite3.Connection:
    return store.ingest.connection


def add(store: Stored, name: str, role: Access = Access.ADMIN) -> None:
    accounts.add(store.ingest.connection, store.box, name, role, generated=f"generated for {name}", password=HASH)


def test_generated_password_is_shown_until_the_owner_chooses_one(store: Stored, connection: sqlite3.Connection) -> None:
    assert accounts.is_empty(connection)
    add(store, "admin")
    made = accounts.get(connection, "admin")
    assert made.must_change_password
    assert accounts.reveal(made, store.box) == "generated for admin"
    assert b"generated for" not in (made.generated or b"")
    accounts.set_password(connection, "admin", "another hash")
    changed = accounts.get(connection, "admin")
    assert (changed.must_change_password, changed.password) == (False, "another hash")
    assert accounts.reveal(changed, store.box) is None


def test_new_password_and_deletion_log_out_everywhere(store: Stored, connection: sqlite3.Connection) -> None:
    add(store, "admin")
    add(store, "second")
    changes: tuple[Callable[[], object], ...] = (
        lambda: accounts.set_password(connection, "admin", HASH),
        lambda: accounts.reset_password(connection, store.box, "admin", generated="new", password=HASH),
        lambda: accounts.delete(connection, "admin"),
    )
    for change in changes:
        logins.begin(connection, b"browser", "admin", address="192.0.2.1", seconds=60)
        change()
        assert logins.find(connection, b"browser", idle_seconds=60) is None


def test_last_admin_stays(store: Stored, connection: sqlite3.Connection) -> None:
    add(store, "admin")
    add(store, "viewer", Access.VIEWER)
    changes: tuple[Callable[[], object], ...] = (
        lambda: accounts.delete(connection, "admin"),
        lambda: accounts.change(connection, "admin", role=Access.OPERATOR, is_disabled=False),
        lambda: accounts.change(connection, "admin", role=Access.ADMIN, is_disabled=True),
    )
    for change in changes:
        with pytest.raises(InUseError, match="last admin"):
            change()
    add(store, "second")
    accounts.delete(connection, "admin")
    assert [account.name for account in accounts.listed(connection)] == ["second", "viewer"]


def test_account_that_is_disabled_is_logged_out(store: Stored, connection: sqlite3.Connection) -> None:
    add(store, "viewer", Access.VIEWER)
    logins.begin(connection, b"browser", "viewer", address="", seconds=60)
    assert accounts.change(connection, "viewer", role=Access.VIEWER, is_disabled=True).is_disabled
    assert logins.find(connection, b"browser", idle_seconds=60) is None


def test_names_that_are_none_or_taken_are_refused(store: Stored, connection: sqlite3.Connection) -> None:
    add(store, "admin")
    with pytest.raises(InUseError):
        add(store, "admin")
    with pytest.raises(PlanError):
        add(store, "No Name")
    with pytest.raises(NotFoundError):
        accounts.get(connection, "nobody")
    accounts.note_login(connection, "admin")
    assert accounts.get(connection, "admin").last_login_at is not None
