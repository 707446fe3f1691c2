# SPDX-License-Identifier: MIT
"""A copy of the store is put back by the run after one that was killed; when that is done much later is in test_services."""

import sqlite3
from pathlib import Path

import pytest

from tests.support.namespaces import Machine, machine

pytestmark = pytest.mark.root

STORE = "var/lib/decnet/store/decnet.db"
STATE = "var/lib/decnet-package"


@pytest.fixture
def running(tmp_path: Path) -> Machine:
    """Return a configured machine on which nothing has the store open."""
    made = machine(tmp_path / "root")
    made.run("apply")
    return made


@pytest.mark.parametrize("copy", [None, b"half of a copy"])
def test_copy_that_cannot_be_put_back_keeps_no_run_from_its_end(running: Machine, copy: bytes | None) -> None:
    backup = running.image.root / STATE / "backups/000001-before"
    backup.mkdir(parents=True)
    if copy is not None:
        (backup / "decnet.db").write_bytes(copy)
    journal = running.image.root / STATE / "journal"
    text = f"begin 0.1.0 postinst\nstep store\nreplaces x\nrestore /{STATE}/backups/{backup.name}\n"
    journal.write_text(text, encoding="utf-8")
    (running.image.root / STORE).write_bytes(b"half of a store")
    assert "000001-before" in running.run("apply").stderr
    assert not journal.exists()


def test_copy_stays_roots_own_while_it_is_put_back(running: Machine) -> None:
    """A process of the services' account could change the only good copy else: the owners are noted by who restores."""
    store = running.image.root / STORE
    backup = running.image.root / STATE / "backups/000001-before"
    backup.mkdir(mode=0o700, parents=True)
    with sqlite3.connect(store) as source, sqlite3.connect(backup / "decnet.db") as target:
        source.backup(target)
    (backup / "decnet.db").chmod(0o600)
    before = [backup.stat().st_ctime_ns, (backup / "decnet.db").stat().st_ctime_ns]
    store.write_bytes(b"half of a store")
    text = f"begin 0.1.0 postinst\nstep store\nrestore /{STATE}/backups/{backup.name}\n"
    (running.image.root / STATE / "journal").write_text(text, encoding="utf-8")
    running.run("apply")
    assert sqlite3.connect(store).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert running.image.owners(STORE) == ("decnet", "decnet")
    assert [backup.stat().st_ctime_ns, (backup / "decnet.db").stat().st_ctime_ns] == before
