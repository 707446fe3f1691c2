# SPDX-License-Identifier: MIT
"""A lock has one holder, tells who it is, and is free when he dies."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from decnet.engine.lock import hold, holder
from decnet.errors import InUseError

HOLDER = (
    "import pathlib, sys\nfrom decnet.engine.lock import hold\n"
    "hold(pathlib.Path(sys.argv[1]), 'it')\nprint('held', flush=True)\nsys.stdin.read()"
)


async def test_lock_of_another_process_is_refused_until_that_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert holder(path) == 0
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    assert holder(path) == process.pid
    with pytest.raises(InUseError, match=f"it is already running: process {process.pid}"):
        hold(path, "it")
    process.kill()
    await process.communicate()
    assert holder(path) == 0
    os.close(hold(path, "it"))


def test_lock_that_is_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        hold(tmp_path / "lock", "it")
    assert holder(tmp_path / "lock") == 0
