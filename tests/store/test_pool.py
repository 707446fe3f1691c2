# SPDX-License-Identifier: MIT
"""Many read while one writes, and a store that was replaced is the one that is read."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from decnet.errors import StoreOutdatedError
from decnet.store import audit
from decnet.store.backup import back_up
from decnet.store.pool import Pool
from tests.support.stores import migrated


def write(connection: sqlite3.Connection) -> None:
    audit.write(connection, actor="test", address="", action="written")


def count(connection: sqlite3.Connection) -> int:
    return len(audit.page(connection, before=1 << 62, limit=100))


@pytest_asyncio.fixture
async def pool(tmp_path: Path) -> AsyncIterator[Pool]:
    opened = Pool(migrated(tmp_path).paths.store)
    await opened.open()
    yield opened
    opened.close()


async def test_what_was_written_is_read(pool: Pool) -> None:
    await asyncio.gather(*(pool.write(write) for _ in range(20)))
    assert await asyncio.gather(*(pool.read(count) for _ in range(20))) == [20] * 20


async def test_write_that_fails_is_taken_back(pool: Pool) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        write(connection)
        raise KeyError

    with pytest.raises(KeyError):
        await pool.write(fail)
    assert await pool.read(count) == 0


async def test_reader_cannot_write(pool: Pool) -> None:
    with pytest.raises(Exception, match="cannot be used"):
        await pool.read(write)
    assert await pool.read(count) == 0


async def test_one_read_sees_one_state(pool: Pool) -> None:
    loop = asyncio.get_running_loop()

    def twice(connection: sqlite3.Connection) -> tuple[int, int]:
        before = count(connection)
        asyncio.run_coroutine_threadsafe(pool.write(write), loop).result()
        return before, count(connection)

    assert await pool.read(twice) == (0, 0)
    assert await pool.read(count) == 1


async def test_store_that_was_replaced_is_opened_anew(pool: Pool, tmp_path: Path) -> None:
    await pool.write(write)
    path = tmp_path / "data/store/decnet.db"
    back_up(path, tmp_path / "backup.db")
    await pool.write(write)
    (tmp_path / "backup.db").replace(path)
    for leftover in path.parent.glob("*.db-*"):
        leftover.unlink()
    assert await pool.read(count) == 1


@pytest.mark.parametrize("writes", [0, 1])
async def test_log_of_the_database_goes_with_the_last_connection(tmp_path: Path, writes: int) -> None:
    """The services that write end before the API does, and what is left beside a store looks as if it were in use."""
    store = migrated(tmp_path).paths.store
    pool = Pool(store)
    await pool.open()
    for _ in range(writes):
        await pool.write(write)
        # each of the readers, the one that was opened after the writer as well
        await asyncio.gather(*(pool.read(count) for _ in range(20)))
    assert store.with_name(f"{store.name}-wal").exists()
    pool.close()
    assert [path.name for path in store.parent.iterdir() if path.name.startswith(store.name)] == [store.name]


async def test_missing_store_is_told(tmp_path: Path) -> None:
    pool = Pool(tmp_path / "nothing.db")
    with pytest.raises(StoreOutdatedError):
        await pool.open()
    pool.close()
