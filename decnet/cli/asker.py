# SPDX-License-Identifier: MIT
"""
Who asks on the command line, as the audit log and the fleet name him.

To be looked up before the work begins: root works with the store as the account that owns it.
"""

import os
import pwd
import sqlite3
from collections.abc import Mapping

from decnet.store import audit


def asker(variables: Mapping[str, str]) -> str:
    """Return the account of whoever runs this, and for whom where sudo says so (sudo(8), ``SUDO_USER``)."""
    account, person = _name_of(os.getuid()), variables.get("SUDO_USER", "")
    shown = f"{account} for {person}" if person != account and _is_account(person) else account
    return f"{shown} (command line)"


def note(connection: sqlite3.Connection, who: str, action: str, subject: str, detail: str = "") -> None:
    """Have the audit log remember what was done here, within the caller's transaction."""
    audit.write(connection, actor=who, address="this host", action=action, subject=subject, detail=detail)


def _name_of(uid: int) -> str:
    """Return the name of an account, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _is_account(name: str) -> bool:
    """Say whether this host has an account of this name: anything else could be written there."""
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):
        return False
    return True
