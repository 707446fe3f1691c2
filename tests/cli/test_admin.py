# SPDX-License-Identifier: MIT
"""``decnet admin`` shows and resets passwords, and makes tokens."""

from pathlib import Path

import pytest

from decnet.cli.asker import asker
from decnet.config.load import environment
from decnet.domain import passwords
from decnet.errors import InUseError, NotFoundError
from decnet.store import accounts, audit, tokens
from tests.support.commands import call, printed, rows
from tests.support.stores import Stored, stored

Output = pytest.CaptureFixture[bytes]


def is_right(store: Stored, name: str, password: str) -> bool:
    """Say whether somebody could log in."""
    return passwords.is_right(password, accounts.get(store.ingest.connection, name).password)


def test_first_password_is_shown_until_it_is_changed_and_can_be_made_anew(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        call(store.config, "admin", "password")
        first = printed(capsysbinary).strip()
        assert is_right(store, "admin", first)
        call(store.config, "admin", "password", "admin")
        assert printed(capsysbinary).strip() == first
        accounts.set_password(store.ingest.connection, "admin", passwords.hashed("a password of my own"))
        with pytest.raises(NotFoundError, match="chosen a password"):
            call(store.config, "admin", "password")
        call(store.config, "admin", "password", "--reset")
        second = printed(capsysbinary).strip()
        assert is_right(store, "admin", second)
        assert second != first
        assert accounts.get(store.ingest.connection, "admin").must_change_password
        with pytest.raises(NotFoundError):
            call(store.config, "admin", "password", "nobody")


def test_accounts_are_made_changed_listed_and_deleted(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        call(store.config, "admin", "password")
        call(store.config, "admin", "user", "create", "carol", "--role", "viewer")
        assert is_right(store, "carol", printed(capsysbinary).split()[-1])
        call(store.config, "admin", "user", "change", "carol", "--role", "operator", "--disable")
        printed(capsysbinary)
        call(store.config, "admin", "user", "list", "--format", "json")
        assert [(row["name"], row["role"], row["state"]) for row in rows(capsysbinary)] == [
            ("admin", "admin", "has to change its password"),
            ("carol", "operator", "disabled"),
        ]
        call(store.config, "admin", "user", "change", "carol", "--enable")
        assert not accounts.get(store.ingest.connection, "carol").is_disabled
        call(store.config, "admin", "user", "delete", "carol")
        with pytest.raises(InUseError):
            call(store.config, "admin", "user", "delete", "admin")


def test_token_is_printed_once_and_worth_nothing_when_revoked(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        call(store.config, "admin", "token", "create", "robot", "--role", "operator", "--days", "3")
        ticket = printed(capsysbinary).strip()
        found = tokens.find(store.ingest.connection, passwords.digest(ticket))
        assert found is not None
        assert (found.name, found.role) == ("robot", "operator")
        call(store.config, "admin", "token", "list", "--format", "json")
        assert [row["name"] for row in rows(capsysbinary)] == ["robot"]
        call(store.config, "admin", "token", "revoke", "robot")
        assert tokens.find(store.ingest.connection, passwords.digest(ticket)) is None


def test_token_and_audit_log_name_who_asked(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        call(store.config, "admin", "token", "create", "robot")
        entry = audit.page(store.ingest.connection, before=1 << 62, limit=1)[0]
        assert (entry.actor, entry.action, entry.subject) == (asker(environment()), "token made", "robot")
        assert tokens.named(store.ingest.connection, "robot").created_by == entry.actor
