# SPDX-License-Identifier: MIT
"""Free room is what an ordinary user may still write."""

import os
from pathlib import Path

from decnet.host.disk import free_bytes
from decnet.spool.segment import opened


def test_free_room_is_the_same_by_path_and_by_descriptor(tmp_path: Path) -> None:
    state = os.statvfs(tmp_path)
    with opened(tmp_path) as folder:
        for found in (free_bytes(tmp_path), free_bytes(folder)):
            assert 0 < found <= state.f_blocks * state.f_frsize
