# SPDX-License-Identifier: MIT
"""The tables about roles, databases and connections."""

import hashlib

from tests.lures.postgresql.database import errors_of, values_of


async def test_roles_show_their_hashes_to_superusers_alone() -> None:
    (rows,) = await values_of("select usename, passwd from pg_shadow where usename = 'alice'")
    assert rows == [["alice", "md5" + hashlib.md5(b"wonderalice").hexdigest()]]
    assert await errors_of("select * from pg_authid", user="alice", password="wonder") == [
        "42501 permission denied for table pg_authid"
    ]


async def test_connection_sees_itself() -> None:
    (rows,) = await values_of("select usename, state, query from pg_stat_activity where pid = pg_backend_pid()")
    assert rows == [["postgres", "active", "select usename, state, query from pg_stat_activity where pid = pg_backend_pid()"]]
