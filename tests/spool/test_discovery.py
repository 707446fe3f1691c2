# SPDX-License-Identifier: MIT
"""Spools are found by their proper names, and a change in any of them wakes the reader."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from decnet.domain.evidence import Opened
from decnet.spool import discovery
from decnet.spool.discovery import SpoolWatch, spools
from tests.support.spools import Spooled, origin

DEADLINE_SECONDS = 20


def test_spools_are_hosts_and_writers_with_proper_names(tmp_path: Path) -> None:
    for name in ("b/decoys", "a/decoys", "a/sniffer", "a/..x", ".hidden/decoys", "-x/decoys"):
        (tmp_path / name).mkdir(parents=True)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert spools(tmp_path) == [("a", "decoys"), ("a", "sniffer"), ("b", "decoys"), ("fifo", ""), ("link", "")]


def test_spools_of_a_folder_that_is_not_there_are_none(tmp_path: Path) -> None:
    assert spools(tmp_path / "nowhere") == []


async def test_watch_wakes_for_records_segments_writers_and_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the tick: each wake is the kernel's."""
    monkeypatch.setattr(discovery, "PATIENCE_SECONDS", DEADLINE_SECONDS)
    watch = SpoolWatch(tmp_path)
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    await _wakes(watch, lambda: None)
    await _wakes(watch, lambda: writer.record(origin(), Opened()))
    await _wakes(watch, lambda: writer.record(origin(), Opened()))
    await _wakes(watch, (tmp_path / "localhost" / "other").mkdir)
    await _wakes(watch, (tmp_path / "localhost" / "other" / "x").touch)
    writer.close()
    watch.close()


async def _wakes(watch: SpoolWatch, change: Callable[[], None]) -> None:
    """Change something and wait for the wake; it must come before the tick would."""
    change()
    begun = asyncio.get_running_loop().time()
    await watch.changed()
    assert asyncio.get_running_loop().time() - begun < DEADLINE_SECONDS / 2


async def test_watch_ticks_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "PATIENCE_SECONDS", 0.01)
    watch = SpoolWatch(tmp_path)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await watch.changed()
    watch.close()
