# SPDX-License-Identifier: MIT
"""What root does with the store of a service, as the account of that service: on a system with accounts of its own."""

import json
import shutil
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from decnet.install.migration import environment
from decnet.store.database import SCHEMA
from tests.support.namespaces import Machine, machine

pytestmark = pytest.mark.root

STORE = "var/lib/decnet/store/decnet.db"
STATE = "var/lib/decnet-package"
DECNET = "import sys; from decnet.cli.main import main; sys.exit(main(sys.argv[1:]))"
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
    done = found.call(*before, sys.executable, "-I", "-B", "-c", DECNET, "store", *arguments, code=code, **environment())
    return done.stdout + done.stderr


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
    program = "from pathlib import Path; from decnet.store import keys; keys.create(Path('/var/lib/decnet-package/secrets'))"
    running.call(sys.executable, "-I", "-B", "-c", program)
    assert "everything is in order" in store_command(running, "check", "--acknowledge", before=WEAK)


def test_root_copies_a_store_into_its_own_folder_as_the_account_that_owns_it(running: Machine) -> None:
    store_command(running, "backup", f"/{Path(STORE).parent}/copy.db", before=WEAK)
    assert running.image.owners(f"{Path(STORE).parent}/copy.db") == ("decnet", "decnet")


def test_root_without_a_folder_for_the_store_is_told_who_makes_it(running: Machine) -> None:
    shutil.rmtree(running.image.root / Path(STORE).parent)
    assert "systemd-tmpfiles --create decnet.conf" in store_command(running, "migrate", code=5)
