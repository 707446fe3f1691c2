# SPDX-License-Identifier: MIT
"""What root reads of the store of a service, as the account of that service: on a system with accounts of its own."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.namespaces import Machine, decnet_command, keys_of, machine

pytestmark = pytest.mark.root

STORE = "var/lib/decnet/store/decnet.db"
WEAK = ("setpriv", "--bounding-set=-chown,-dac_override,-dac_read_search,-fowner,-fsetid")
ENDLESS = """\
DROP TABLE damage;
CREATE VIEW damage AS WITH RECURSIVE
  n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
  SELECT 'h' AS host, 'w' AS writer, x AS segment, hex(zeroblob(9999)) AS reason, 0 AS first_position, 1 AS last_position,
    1 AS count, '' AS detail, x AS at FROM n;
"""


@pytest.fixture
def running(tmp_path: Path) -> Machine:
    """Return a machine that was configured."""
    made = machine(tmp_path / "root")
    made.run("apply")
    return made


@pytest.mark.parametrize(
    "command",
    [
        ("store", "backup", "/var/lib/copy.db"),
        ("evidence", "list"),
        ("sessions", "list"),
        ("attackers",),
        ("admin", "user", "list"),
    ],
)
def test_pipe_in_the_place_of_the_store_holds_nobody(running: Machine, command: tuple[str, ...]) -> None:
    keys_of(running)
    store = running.image.root / STORE
    store.unlink()
    os.mkfifo(store)
    assert "is no regular file" in decnet_command(running, *command, code=5)


def test_root_reads_what_was_stored_as_the_account_that_owns_it(running: Machine) -> None:
    """The keys are root's, and were read before; output and exit codes are those of the command."""
    keys_of(running)
    assert "the latest" not in decnet_command(running, "evidence", "list", "--reveal", before=WEAK)
    assert "decnet attackers" in decnet_command(running, "attackers", "198.51.100.7", before=WEAK, code=4)
    assert "decnet sessions list" in decnet_command(running, "sessions", "play", "none", before=WEAK, code=4)


def test_store_without_an_end_does_not_hold_the_doctor(running: Machine) -> None:
    """Its account can make a view of what is a table: root neither reads nor writes without an end."""
    keys_of(running)
    with closing(sqlite3.connect(running.image.root / STORE)) as connection:
        connection.executescript(ENDLESS)
    said = decnet_command(running, "doctor", code=5)
    assert "the store is not what decnet made of it" in said
    assert "[failed ] bus" in said


def test_root_administers_as_the_account_that_owns_the_store_and_is_remembered_as_root(running: Machine) -> None:
    """Whom sudo names stands beside it."""
    keys_of(running)
    folder = Path(STORE).parent
    first = decnet_command(running, "admin", "password", before=("env", "SUDO_USER=decnet", *WEAK)).strip()
    assert decnet_command(running, "admin", "password", before=WEAK).strip() == first
    decnet_command(running, "admin", "token", "create", "robot", before=WEAK)
    assert "decnet admin user list" in decnet_command(running, "admin", "user", "delete", "who", before=WEAK, code=4)
    with closing(sqlite3.connect(running.image.root / STORE)) as connection:
        assert connection.execute("SELECT actor, action FROM audit ORDER BY number").fetchall() == [
            ("root for decnet (command line)", "account made"),
            ("root (command line)", "token made"),
        ]
    owners = {running.image.owners(f"{folder}/{path.name}") for path in (running.image.root / folder).iterdir()}
    assert owners == {("decnet", "decnet")}
