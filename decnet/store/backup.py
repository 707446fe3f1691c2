# SPDX-License-Identifier: MIT
"""A copy of the store while it is in use, verified before it has its name."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from decnet.domain.evidence import new_id
from decnet.errors import DamagedError, DiskFullError, HostError, PlanError
from decnet.host.disk import NO_ROOM
from decnet.store.database import connect_unchecked, explained

_MODE = 0o600


def back_up(database: Path, target: Path) -> int:
    """
    Write a consistent copy of the store to ``target``, which must not exist, mode 0600; return its size in bytes.

    Captured secrets stay encrypted in it; the keys are not part of it. Raises ``PlanError`` where the target exists.
    """
    if os.path.lexists(target):
        raise PlanError(f"{target} exists already", remedy="name another file")
    temporary = target.with_name(f".{target.name}.{new_id()}")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE))
        _copy(database, temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.rename(target)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(f"there is no room for the backup {target}", remedy="name a file on another disk") from error
        raise HostError(f"the backup {target} cannot be written: {error.strerror}", remedy="name another file") from error
    finally:
        temporary.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(database: Path, target: Path) -> None:
    """
    Copy through SQLite, so that writers may go on, and look at what came out.

    All pages in one step, under one view of the database: between two steps SQLite would begin anew after each change, and a
    store that is written all the time would never be copied.
    """
    with closing(connect_unchecked(database, read_only=True)) as source, closing(sqlite3.connect(target)) as copy:
        with explained(database):
            source.backup(copy)
        with explained(target):
            copy.execute("PRAGMA journal_mode = DELETE")
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DamagedError(f"the copy of {database} is damaged: {found}", remedy="decnet store check")
