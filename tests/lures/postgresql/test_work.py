# SPDX-License-Identifier: MIT
"""One connection's place in its cluster."""

from contextlib import AsyncExitStack

from tests.lures.postgresql.database import connected, database, errors_of, fields_of, values_of
from tests.support.lures import serving


async def test_objects_are_found_by_their_names() -> None:
    (rows,) = await values_of(
        "select 'pg_class'::regclass::oid, 'postgres'::regrole::oid, 1259::regclass, 'public'::regnamespace, 0::regclass"
    )
    assert rows == [["1259", "10", "pg_class", "public", "-"]]
    assert await errors_of("select 'nosuch'::regclass") == ['42P01 relation "nosuch" does not exist']


async def test_function_of_c_runs_programs() -> None:
    found = await values_of(
        "select lo_from_bytea(1, '\\x7f454c46')", "select lo_export(1, '/tmp/u.so')",
        "create function sys_eval(text) returns text as '/tmp/u.so', 'sys_eval' language c", "select sys_eval('hostname')",
    )  # fmt: skip
    assert found[3] == [["files01\n"]]


async def test_transaction_of_a_client_that_left_is_rolled_back() -> None:
    async with serving(database()) as served:
        for statement in ("create table t (v int); insert into t values (1)", "begin; insert into t values (2); drop table t"):
            async with connected(served) as client:
                await client.log_in()
                await client.ask(statement)
            await served.session_ended()
        async with connected(served) as client:
            await client.log_in()
            assert await client.rows("select v from t") == [["1"]]


async def test_open_transactions_keep_old_rows_within_the_bound() -> None:
    """Whoever opens many transactions and changes every row in each keeps all versions of them: they count."""
    fill = "create table t (v text); insert into t select repeat('x', 1000) from generate_series(1, 1500)"
    change = "begin; update t set v = v || '{number}'; select 1"
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serving(database()))
        refused = []
        for number in range(6):
            client = await stack.enter_async_context(connected(served))
            await client.log_in()
            answer = await client.ask(fill if not number else change.format(number=number))
            refused += [fields_of(body)["C"] for kind, body in answer if kind == b"E"]
        assert set(refused) == {"53200"}
