# SPDX-License-Identifier: MIT
"""Programs that statements run."""

from tests.lures.postgresql.database import errors_of, values_of


async def test_program_runs_as_the_servers_account_in_its_folder() -> None:
    found = await values_of(
        "create table p (line text)", "copy p from program 'pwd; whoami; echo $PGDATA'", "select line from p"
    )
    assert found[2] == [["/var/lib/postgresql/13/main"], ["postgres"], ["/var/lib/postgresql/13/main"]]


async def test_exit_code_is_told() -> None:
    assert await errors_of("copy pg_class to program 'exit 3'") == ['38000 program "exit 3" failed']
