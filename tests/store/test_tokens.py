# SPDX-License-Identifier: MIT
"""A token is found by the digest of what a program shows, until it ends or is revoked."""

import pytest

from decnet.domain.access import Access
from decnet.errors import InUseError, NotFoundError, PlanError
from decnet.store import tokens
from tests.support.stores import Stored


def test_token_is_found_until_it_is_revoked(store: Stored) -> None:
    connection = store.ingest.connection
    made = tokens.add(connection, b"digest", "backup", Access.VIEWER, days=2, created_by="admin")
    assert tokens.find(connection, b"digest") == made == tokens.named(connection, "backup")
    assert (made.ends_at - made.created_at).days == 2
    tokens.see(connection, made)
    assert tokens.listed(connection)[0].last_at is not None
    assert tokens.revoke(connection, made.id).name == "backup"
    assert tokens.find(connection, b"digest") is None


def test_token_that_has_ended_is_nobodys(store: Stored) -> None:
    connection = store.ingest.connection
    made = tokens.add(connection, b"digest", "backup", Access.VIEWER, days=1, created_by="admin")
    connection.execute("UPDATE token SET ends_at = created_at")
    assert tokens.find(connection, b"digest") is None
    assert [token.id for token in tokens.listed(connection)] == [made.id]


def test_what_cannot_be_a_token_is_refused(store: Stored) -> None:
    connection = store.ingest.connection
    tokens.add(connection, b"digest", "backup", Access.VIEWER, days=1, created_by="admin")
    with pytest.raises(InUseError):
        tokens.add(connection, b"other", "backup", Access.VIEWER, days=1, created_by="admin")
    with pytest.raises(PlanError):
        tokens.add(connection, b"other", "No", Access.VIEWER, days=1, created_by="admin")
    with pytest.raises(PlanError):
        tokens.add(connection, b"other", "yes", Access.VIEWER, days=0, created_by="admin")
    with pytest.raises(NotFoundError):
        tokens.revoke(connection, 99)
    with pytest.raises(NotFoundError):
        tokens.named(connection, "nothing")
