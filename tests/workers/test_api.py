# SPDX-License-Identifier: MIT
"""The API makes its first account once, reads its configuration again, and needs a store with its own keys."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.config.model import Api as Settings
from decnet.errors import ConfigError, StoreOutdatedError
from decnet.store import accounts, keys
from decnet.store.database import connect
from decnet.workers.api import Api
from tests.support.apis import serving
from tests.support.stores import migrated
from tests.support.workers import config, running


async def test_first_account_is_made_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        first, made = served.first_password(), served.store.config
        assert first
    worker = Api(replace(made, api=Settings()), MemoryBus(MemoryHub(), "api"))
    async with running(worker):
        pass
    with closing(connect(made.paths.store, read_only=True)) as connection:
        (account,) = accounts.listed(connection)
        assert accounts.reveal(account, keys.Box(keys.load(made.paths.secrets))) == first


async def test_store_at_rest_has_no_log_beside_it(tmp_path: Path) -> None:
    """An API that had nothing to write, and stops as the last of all services, leaves the store as it should be copied."""
    async with serving(tmp_path) as served:
        made = served.store.config
    async with running(Api(replace(made, api=Settings()), MemoryBus(MemoryHub(), "api"))):
        pass
    assert [path.name for path in made.paths.store.parent.iterdir() if path.name.startswith(made.paths.store.name)] == [
        made.paths.store.name
    ]


async def test_password_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with serving(tmp_path) as served:
        client = await served.client()
        await client.post("/login", json={"username": "hunter2hunter2", "password": "hunter2hunter2"})
        assert served.first_password() not in caplog.text
        assert "hunter2" not in caplog.text
        assert "made the first account" in caplog.text


async def test_new_bounds_are_taken_and_other_sockets_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        made = served.worker.config
        await served.worker.reload(replace(made, api=replace(made.api, streams=1)))
        assert served.worker.config.api.streams == 1
        with pytest.raises(ConfigError):
            await served.worker.reload(replace(made, api=replace(made.api, listen="127.0.0.1:1")))


async def test_store_that_is_missing_or_not_its_own_ends_the_service(tmp_path: Path) -> None:
    nothing = config(tmp_path / "nothing")
    keys.create(nothing.paths.secrets)
    with pytest.raises(ExceptionGroup) as caught:
        async with running(Api(nothing, MemoryBus(MemoryHub(), "api"))):
            pass
    assert caught.group_contains(StoreOutdatedError)
    async with serving(tmp_path) as served:
        filled = served.store.config
    other = migrated(tmp_path / "other")
    mixed = replace(filled, paths=replace(filled.paths, secrets=other.paths.secrets))
    with pytest.raises(ExceptionGroup) as caught:
        async with running(Api(mixed, MemoryBus(MemoryHub(), "api"))):
            pass
    assert caught.group_contains(ConfigError)
