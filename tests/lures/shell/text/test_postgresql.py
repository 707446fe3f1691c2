# SPDX-License-Identifier: MIT
"""The files of a machine that has PostgreSQL."""

from decnet.lures.postgresql.release import SOFTWARE
from decnet.lures.shell.machine import Machine
from tests.support.decoys import decoy, persona


def test_cluster_lies_where_debian_puts_it() -> None:
    files = Machine(decoy(persona=persona(software={"postgresql": SOFTWARE}))).new_filesystem()
    assert files.read("/var/lib/postgresql/13/main/PG_VERSION") == b"13\n"
    assert b"host    all             all             0.0.0.0/0               md5" in files.read(
        "/etc/postgresql/13/main/pg_hba.conf"
    )
    assert files.stat("/var/lib/postgresql/13/main").uid == 114


def test_machine_without_it_has_none_of_them() -> None:
    assert not Machine(decoy()).new_filesystem().exists("/var/lib/postgresql")
