# SPDX-License-Identifier: MIT
"""What root does with the store of a service, as the account of that service: on a system with accounts of its own."""

import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from decnet.store.database import SCHEMA
from tests.support.namespaces import Machine, decnet_command, keys_of, machine

pytestmark = pytest.mark.root

STORE = "var/lib/decnet/store/decnet.db"
STATE = "var/lib/decnet-package"
WEAK = ("setpriv", "--bounding-set=-chown,-dac_override,-dac_read_search,-fowner,-fsetid")


@pytest.fixture
def running(tmp_path: Path) -> Machine:
    """Return a machine that was configured."""
    made = machine(tmp_path / "root")
    made.run("apply")
    return made


def dump(store: Path) -> list[str]:
    """Return everything in a database."""
    connection = sqlite3.connect(store)
    found = list(connection.iterdump())
    connection.close()
    return found


def store_command(found: Machine, *arguments: str, before: tuple[str, ...] = (), code: int = 0) -> str:
    """Run ``decnet store ARGUMENTS`` as root, as an operator does; return what it said."""
    return decnet_command(found, "store", *arguments, before=before, code=code)


def test_root_restores_a_store_as_the_account_that_owns_it(running: Machine) -> None:
    """Whoever works there could be led to any file by that account, so it is not root: without its might it goes as well."""
    store = running.image.root / STORE
    backup = running.image.root / STATE / "backup.db"
    store_command(running, "backup", f"/{STATE}/backup.db")
    assert (backup.stat().st_uid, stat.S_IMODE(backup.stat().st_mode)) == (0, 0o600)
    before = dump(store)
    store.write_bytes(b"half of a store")
    stamp = running.image.root / STATE / "schema.json"
    stamp.unlink()
    assert "the store before it is" in store_command(running, "restore", f"/{STATE}/backup.db", before=WEAK)
    assert dump(store) == before
    assert {running.image.owners(f"{Path(STORE).parent}/{path.name}") for path in store.parent.iterdir()} == {
        ("decnet", "decnet")
    }
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
    assert json.loads(stamp.read_text(encoding="utf-8")) == {"schema": SCHEMA}


def test_link_of_the_account_leads_root_to_no_file_of_its_own(running: Machine) -> None:
    """What only root can read gets into no file of the account, not even for a moment: it is no store."""
    store = running.image.root / STORE
    link = store.with_name("backup.db")
    link.symlink_to("/etc/shadow")
    before = dump(store)
    assert "no store at all" in store_command(running, "restore", "/etc/shadow", code=9)
    assert "cannot be read" in store_command(running, "restore", f"/{Path(STORE).with_name('backup.db')}", code=5)
    assert dump(store) == before


def test_root_makes_a_store_as_the_account_of_its_folder(running: Machine) -> None:
    store = running.image.root / STORE
    for path in store.parent.iterdir():
        path.unlink()
    store_command(running, "migrate", before=WEAK)
    assert {running.image.owners(f"{Path(STORE).parent}/{path.name}") for path in store.parent.iterdir()} == {
        ("decnet", "decnet")
    }


def test_root_makes_no_file_where_a_link_in_the_place_of_the_store_leads(running: Machine) -> None:
    store = running.image.root / STORE
    store.unlink()
    store.symlink_to("/etc/nologin")
    store_command(running, "migrate", code=5)
    assert not (running.image.root / "etc/nologin").exists()


def test_root_checks_a_store_and_forgets_damage_as_the_account_that_owns_it(running: Machine) -> None:
    """The keys are root's, and were read before."""
    keys_of(running)
    assert "everything is in order" in store_command(running, "check", "--acknowledge", before=WEAK)


def test_root_copies_a_store_into_its_own_folder_as_the_account_that_owns_it(running: Machine) -> None:
    store_command(running, "backup", f"/{Path(STORE).parent}/copy.db", before=WEAK)
    assert running.image.owners(f"{Path(STORE).parent}/copy.db") == ("decnet", "decnet")


def test_root_copies_no_database_that_only_root_can_read(running: Machine) -> None:
    """Where a link in the place of the store leads is nothing that its account could read."""
    store, private = running.image.root / STORE, running.image.root / "var/lib/private.db"
    store.rename(private)
    os.chown(private, 0, 0)
    private.chmod(0o600)
    store.symlink_to("/var/lib/private.db")
    store_command(running, "backup", "/var/lib/copy.db", code=5)
    assert sorted(path.name for path in (running.image.root / "var/lib").glob("*.db*")) == ["private.db"]
    for command in ("evidence", "sessions"):
        assert "may not read the store" in decnet_command(running, command, "list", code=5)
    assert "may not read the store" in decnet_command(running, "attackers", code=5)


def test_root_copies_no_other_database_in_the_place_of_the_store(running: Machine) -> None:
    store = running.image.root / STORE
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("DROP TABLE alembic_version")
    assert "it is no store" in store_command(running, "backup", "/var/lib/copy.db", code=9)
    assert list((running.image.root / "var/lib").glob("*copy*")) == []


@pytest.mark.parametrize("folder", [STATE, "var/lib/decnet"])
def test_copy_in_a_folder_of_roots_is_roots_and_nothing_else_stays(running: Machine, folder: str) -> None:
    """Into one of them the account gets, into the other it does not."""
    place = running.image.root / folder
    before = {path.name for path in place.iterdir()}
    store_command(running, "backup", f"/{folder}/backup.db")
    state = (place / "backup.db").stat()
    assert (state.st_uid, stat.S_IMODE(state.st_mode)) == (0, 0o600)
    assert {path.name for path in place.iterdir()} == before | {"backup.db"}
    assert list((running.image.root / STORE).parent.glob(".*")) == []
    assert dump(place / "backup.db") == dump(running.image.root / STORE)


def test_root_without_a_folder_for_the_store_is_told_who_makes_it(running: Machine) -> None:
    shutil.rmtree(running.image.root / Path(STORE).parent)
    assert "systemd-tmpfiles --create decnet.conf" in store_command(running, "migrate", code=5)


def test_store_that_is_gone_is_made_anew_only_by_who_says_so(running: Machine) -> None:
    """Its disk may not be mounted: what was recorded into a new one would be hidden as soon as it is."""
    store = running.image.root / STORE
    for path in store.parent.glob("decnet.db*"):
        path.unlink()
    running.calls()
    for verb in ("diff", "apply"):
        said = running.run(verb, code=1).stderr
        assert f"of schema {SCHEMA}, is not in /var/lib/decnet/store: is its disk not mounted?" in said
        assert "decnet store restore FILE" in said
    assert running.calls() == []
    assert not store.exists()
    store_command(running, "migrate")
    running.run("apply")
    assert running.image.owners(STORE) == ("decnet", "decnet")
