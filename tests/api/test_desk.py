# SPDX-License-Identifier: MIT
"""A new configuration reaches who has to know it."""

from dataclasses import replace
from pathlib import Path

from decnet.api.desk import make_desk
from decnet.config.model import Api
from decnet.events import Event
from tests.support.stores import Stored, stored


async def publish(_: Event) -> None:
    """Tell nobody."""


async def test_desk_takes_new_bounds_and_gives_everything_back(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        assert isinstance(store, Stored)
        desk = make_desk(store.config, store.keys, publish)
        await desk.pool.open()
        desk.take(replace(store.config, api=Api(session_seconds=7.0, login_failures=2, streams=1)))
        assert (desk.door.settings.session_seconds, desk.door.throttle.free, desk.config.api.streams) == (7.0, 2, 1)
        desk.close()
