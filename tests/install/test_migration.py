# SPDX-License-Identifier: MIT
"""The store is copied before it is migrated, and is what it was where that fails; booted hosts are in test_services."""

from pathlib import Path

import pytest

from decnet.install import migration
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.layout import BACKUPS, STATE, STORE
from decnet.install.migration import Runner
from decnet.install.tree import Tree
from decnet.store.database import SCHEMA


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Return a root with the folders of a host."""
    tree = Tree(tmp_path)
    tree.make_folder(STATE, 0o700)
    tree.make_folder(STORE, 0o750)
    return Host(tree=tree, variables={})


def test_stamp_says_the_schema(host: Host) -> None:
    assert migration.stamped(host) is None
    migration.stamp(host, 7)
    assert migration.stamped(host) == 7
    assert host.tree.text(f"{STATE}/schema.json") == '{"schema": 7}\n'


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": "x"}'])
def test_stamp_that_is_damaged_means_unknown(host: Host, text: str) -> None:
    host.tree.write(f"{STATE}/schema.json", text.encode(), 0o644)
    assert migration.stamped(host) is None


@pytest.mark.client
def test_migration_is_due_until_the_stamp_says_this_schema(host: Host) -> None:
    runner = Runner(account=None)
    assert migration.is_due(host, runner)
    migration.stamp(host, SCHEMA)
    assert migration.is_due(host, runner), "there is no store"
    (host.tree.root / STORE[1:] / "decnet.db").touch()
    assert not migration.is_due(host, runner)


def test_children_find_nothing_of_who_started_us() -> None:
    assert {name for name in migration.environment() if not name.startswith("DECNET_PATHS_")} == {
        "PATH",
        "LANG",
        "DECNET_CONFIG",
    }


def test_store_that_does_not_fit_twice_is_refused_before_anything(host: Host) -> None:
    with (host.tree.root / STORE[1:] / "decnet.db").open("wb") as file:
        file.truncate(1 << 43)
    with pytest.raises(InvalidError, match="the store was not touched") as raised:
        migration.check_room(host)
    assert raised.value.remedy.endswith(f"df -h {BACKUPS}")


def test_host_without_a_store_needs_no_room(host: Host) -> None:
    migration.check_room(host)
    assert migration.store_bytes(host) is None
