# SPDX-License-Identifier: MIT
"""Functions that tell of the server."""

from tests.lures.postgresql.database import values_of


async def test_server_and_connection_are_told() -> None:
    (rows,) = await values_of(
        "select current_database(), current_user, inet_server_port(), pg_is_in_recovery(), pg_size_pretty(10240::bigint), "
        "current_setting('server_version_num'), host(inet_client_addr())"
    )
    assert rows == [["postgres", "postgres", "5432", "f", "10 kB", "130014", "127.0.0.1"]]


async def test_server_was_started_with_the_machine() -> None:
    (rows,) = await values_of("select pg_postmaster_start_time() < now(), pg_backend_pid() > 0")
    assert rows == [["t", "t"]]
