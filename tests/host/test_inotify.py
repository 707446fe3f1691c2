# SPDX-License-Identifier: MIT
"""The kernel's word about a folder arrives."""

import asyncio
from pathlib import Path

import pytest

from decnet.host.inotify import Inotify

DEADLINE_SECONDS = 20


async def test_change_wakes_and_is_then_forgotten(tmp_path: Path) -> None:
    inotify = Inotify()
    assert inotify.add(tmp_path)
    (tmp_path / "new").touch()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await inotify.changed()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await inotify.changed()
    (tmp_path / "new").write_text("x")
    async with asyncio.timeout(DEADLINE_SECONDS):
        await inotify.changed()
    inotify.close()


async def test_what_is_no_folder_is_not_watched(tmp_path: Path) -> None:
    inotify = Inotify()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    assert [inotify.add(tmp_path / name) for name in ("file", "link", "nothing")] == [False, False, False]
    inotify.close()


async def test_more_changes_than_the_kernel_keeps_are_one(tmp_path: Path) -> None:
    inotify = Inotify()
    inotify.add(tmp_path)
    for _ in range(20000):
        (tmp_path / "a").touch()
        (tmp_path / "a").unlink()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await inotify.changed()
    inotify.close()
