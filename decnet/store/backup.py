# SPDX-License-Identifier: MIT
"""A copy of the store while it is in use, verified before it has its name."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from decnet.domain.evidence import new_id
from decnet.errors import DamagedError, DiskFullError, HostError, PlanError
from decnet.host.account import as_account
from decnet.host.disk import NO_ROOM
from decnet.host.process import Identity
from decnet.store.database import connect_unchecked, explained, schema_of

_MODE = 0o600
_MIB = 1024 * 1024


def back_up(database: Path, target: Path, *, is_store: bool = True) -> int:
    """
    Write a consistent copy of the store to ``target``, which must not exist, mode 0600; return its size in bytes.

    Captured secrets stay encrypted in it; the keys are not part of it. Raises ``PlanError`` where the target exists,
    ``DamagedError`` where the database is not whole, or no store although it ``is_store``.
    """
    return _written(target, lambda temporary: _copy(database, temporary, is_store=is_store))


def hand_over(database: Path, target: Path, account: Identity) -> int:
    """
    Write what ``back_up`` writes, of a store of another account into a folder that is not its own; only root can.

    A child that is the account makes the copy where it may, beside the target or, where it cannot get there, beside the store,
    and writes the bytes into the file that root opened: root opens nothing that the account could have put there.
    """

    def fill(temporary: Path) -> None:
        folder = tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
            with temporary.open("wb") as file:
                as_account(account, lambda: _pass_on(database, Path(folder), target, file))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return _written(target, fill)


def _pass_on(database: Path, folder: Path, target: Path, file: BinaryIO) -> None:
    """Make a copy as who owns the store, and write it into a file that is open already."""
    copy = (folder if os.access(folder, os.W_OK) else database.parent) / f".{new_id()}"
    with _understandable(target):
        try:
            back_up(database, copy)
            with copy.open("rb") as source:
                shutil.copyfileobj(source, file, _MIB)
            file.flush()
        finally:
            copy.unlink(missing_ok=True)


def _written(target: Path, write: Callable[[Path], None]) -> int:
    """Let ``write`` fill a file that gets the name ``target`` when it is on the disk; return its size."""
    if os.path.lexists(target):
        raise PlanError(f"{target} exists already", remedy="name another file")
    temporary = target.with_name(f".{target.name}.{new_id()}")
    with _understandable(target):
        try:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE))
            write(temporary)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.rename(target)
        finally:
            temporary.unlink(missing_ok=True)
        return target.stat().st_size


@contextmanager
def _understandable(target: Path) -> Iterator[None]:
    """Turn errors of the system into what an operator can do about the backup that he asked for."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(f"there is no room for the backup {target}", remedy="name a file on another disk") from error
        raise HostError(f"the backup {target} cannot be written: {error.strerror}", remedy="name another file") from error


def _copy(database: Path, target: Path, *, is_store: bool) -> None:
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
            if found == "ok" and is_store and not schema_of(copy):
                found = "it is no store"
    if found != "ok":
        raise DamagedError(f"the copy of {database} is damaged: {found}", remedy="decnet store check")
