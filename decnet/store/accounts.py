# SPDX-License-Identifier: MIT
"""The accounts of the people who use the API; their passwords are hashes, a generated one is encrypted beside its hash."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from decnet.domain.access import Access, is_account_name
from decnet.domain.evidence import now
from decnet.errors import InUseError, NotFoundError, PlanError
from decnet.store import logins
from decnet.store.database import load_queries, microseconds, moment
from decnet.store.keys import Box

_QUERIES = load_queries("accounts")
FIRST: Final = "admin"
"""The account that every store has from the start."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account; ``password`` is its hash, ``generated`` what ``reveal`` opens until the owner has chosen a password."""

    name: str
    role: Access
    password: str
    generated: bytes | None
    is_disabled: bool
    created_at: datetime
    last_login_at: datetime | None

    @property
    def must_change_password(self) -> bool:
        """Whether nothing else is allowed before a new password was chosen."""
        return self.generated is not None


def is_empty(connection: sqlite3.Connection) -> bool:
    """Say whether there is no account yet."""
    return _QUERIES.any(connection) is None


def find(connection: sqlite3.Connection, name: str) -> Account | None:
    """Return one account; None where there is none of this name."""
    row = _QUERIES.get(connection, name=name)
    return _account(row) if row else None


def get(connection: sqlite3.Connection, name: str) -> Account:
    """Return one account; raise ``NotFoundError`` where there is none of this name."""
    found = find(connection, name)
    if found is None:
        raise NotFoundError(f"there is no account {name!r}", remedy="decnet admin user list")
    return found


def listed(connection: sqlite3.Connection) -> list[Account]:
    """Return all accounts by name."""
    return [_account(row) for row in _QUERIES.all(connection)]


def add(connection: sqlite3.Connection, box: Box, name: str, role: Access, *, generated: str, password: str) -> None:
    """
    Make an account whose password was ``generated``; ``password`` is its hash.

    Raises ``PlanError`` for a name that cannot be one, ``InUseError`` for one that is taken.
    """
    if not is_account_name(name):
        raise PlanError(
            f"{name[:40]!r} is no name of an account: a-z, 0-9, dot, hyphen and underscore, at most 32",
            remedy="choose another name",
        )
    if find(connection, name) is not None:
        raise InUseError(f"there is already an account {name!r}", remedy="choose another name")
    sealed = box.encrypt(generated.encode(), _place(name))
    _QUERIES.add(connection, name=name, role=role, password=password, generated=sealed, created_at=microseconds(now()))


def set_password(connection: sqlite3.Connection, name: str, password: str) -> None:
    """Take the hash of a password that the owner chose; everybody who is logged in as him is logged out."""
    _QUERIES.set_password(connection, name=name, password=password, generated=None)
    logins.end_all_of(connection, name)


def reset_password(connection: sqlite3.Connection, box: Box, name: str, *, generated: str, password: str) -> None:
    """Take a generated password and its hash; its owner has to change it, and is logged out everywhere."""
    get(connection, name)
    sealed = box.encrypt(generated.encode(), _place(name))
    _QUERIES.set_password(connection, name=name, password=password, generated=sealed)
    logins.end_all_of(connection, name)


def reveal(account: Account, box: Box) -> str | None:
    """Return a generated password; None where the owner has chosen one; raise ``DamagedError`` with another key."""
    return None if account.generated is None else box.decrypt(account.generated, _place(account.name)).decode()


def change(connection: sqlite3.Connection, name: str, *, role: Access, is_disabled: bool) -> Account:
    """Change what an account may do and return it; raise ``InUseError`` where nobody would be left to administer."""
    before = get(connection, name)
    if before.role == Access.ADMIN and (role != Access.ADMIN or is_disabled):
        _keep_one_admin(connection, name)
    _QUERIES.change(connection, name=name, role=role, is_disabled=is_disabled)
    if is_disabled:
        logins.end_all_of(connection, name)
    return get(connection, name)


def delete(connection: sqlite3.Connection, name: str) -> None:
    """Delete an account and its logins; raise ``InUseError`` where nobody would be left to administer."""
    if get(connection, name).role == Access.ADMIN:
        _keep_one_admin(connection, name)
    _QUERIES.delete(connection, name=name)


def note_login(connection: sqlite3.Connection, name: str) -> None:
    """Remember that somebody logged in."""
    _QUERIES.logged_in(connection, name=name, at=microseconds(now()))


def _keep_one_admin(connection: sqlite3.Connection, name: str) -> None:
    """Raise ``InUseError`` where an account is the last one that may decide about accounts."""
    if not _QUERIES.others_who_administer(connection, name=name):
        raise InUseError(f"{name} is the last admin", remedy="make another account an admin first")


def _place(name: str) -> bytes:
    """Return what a generated password is bound to."""
    return b"generated password of " + name.encode()


def _account(row: tuple[Any, ...]) -> Account:
    """Return a row as an account."""
    name, role, password, generated, is_disabled, created_at, last_login_at = row
    return Account(
        name=name,
        role=Access(role),
        password=password,
        generated=generated,
        is_disabled=bool(is_disabled),
        created_at=moment(created_at),
        last_login_at=None if last_login_at is None else moment(last_login_at),
    )
