# SPDX-License-Identifier: MIT
"""A backup is whole, private, and made while everything runs."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from decnet.domain.evidence import Command
from decnet.errors import DamagedError, HostError, PlanError
from decnet.store import evidence
from decnet.store.backup import back_up
from decnet.store.database import connect
from tests.support.stores import Stored


def test_backup_is_a_store_with_everything_in_it(store: Stored, tmp_path: Path) -> None:
    store.write(*(Command(command=str(number)) for number in range(100)))
    store.bring()
    target = tmp_path / "backup.db"
    assert back_up(store.config.paths.store, target) == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(connect(target)) as copy:
        assert evidence.last_number(copy) == 100


def test_backup_of_a_store_that_is_written_all_the_time_ends(store: Stored, tmp_path: Path) -> None:
    """Everybody may write while it is copied: the copy shows one moment, and is made once."""
    store.write(*(Command(command="x" * 60_000) for _ in range(400)))
    store.bring()
    steps = 0
    real = sqlite3.connect

    class Copied(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, *, pages: int = -1, **_: Any) -> None:
            def changed(*_: int) -> None:
                nonlocal steps
                steps += 1
                assert steps < 5, "the copy begins anew after each change"
                store.ingest.connection.execute("UPDATE spool SET at = at + 1")

            super().backup(target, pages=pages, progress=changed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *given, **named: real(*given, **{**named, "factory": Copied}))
        back_up(store.config.paths.store, tmp_path / "backup.db")
    assert steps == 1


def test_backup_overwrites_nothing(store: Stored, tmp_path: Path) -> None:
    (tmp_path / "there").symlink_to("/nonexistent")
    with pytest.raises(PlanError):
        back_up(store.config.paths.store, tmp_path / "there")


def test_place_that_is_none_is_named(store: Stored, tmp_path: Path) -> None:
    with pytest.raises(HostError):
        back_up(store.config.paths.store, tmp_path / "nowhere" / "backup.db")


def test_backup_of_a_damaged_store_fails_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "decnet.db").write_bytes(b"no database" * 1000)
    with pytest.raises(DamagedError):
        back_up(tmp_path / "decnet.db", tmp_path / "backup.db")
    assert [path.name for path in tmp_path.iterdir()] == ["decnet.db"]
