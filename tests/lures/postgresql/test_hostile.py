# SPDX-License-Identifier: MIT
"""Whatever a client sends, the lure raises nothing, keeps its bounds and goes on for the others."""

import asyncio
import struct
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decnet.lures.postgresql.channel import MAX_MESSAGE
from decnet.lures.postgresql.state import MAX_STATEMENTS
from tests.lures.postgresql.database import connected, database, fields_of, logged_in, message, startup
from tests.support.lures import ask, serving

FRONTEND = b"QPBEDCSHFXpdcfz"
HOSTILE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@HOSTILE
@given(st.binary(max_size=300))
def test_any_bytes_before_the_login_end_in_peace(data: bytes) -> None:
    async def attack() -> None:
        async with serving(database(), idle_seconds=5) as served:
            await ask(served, data)

    asyncio.run(attack())


@HOSTILE
@given(st.lists(st.tuples(st.sampled_from(FRONTEND), st.binary(max_size=80)), max_size=12))
def test_any_messages_after_the_login_end_in_peace(messages: list[tuple[int, bytes]]) -> None:
    async def attack() -> None:
        async with logged_in() as (client, _):
            await client.send(*(message(bytes((kind,)), body) for kind, body in messages), message(b"X"))
            await client.rest()

    asyncio.run(attack())


@HOSTILE
@given(st.text(st.sampled_from("select from where ()'\"$1,;::*+-[]{}%_ab1\n\\"), max_size=120))
def test_any_statement_gets_an_answer(statement: str) -> None:
    async def attack() -> None:
        async with logged_in() as (client, _):
            await client.ask("select " + statement.replace("\0", ""))

    asyncio.run(attack())


async def test_long_message_is_told_and_the_connection_goes_on() -> None:
    async with logged_in() as (client, served):
        await client.send(b"Q" + struct.pack("!i", MAX_MESSAGE + 5), b"x" * (MAX_MESSAGE + 1))
        error = next(fields_of(body) for kind, body in await client.until(b"Z") if kind == b"E")
        assert (error["C"], error["M"]) == ("53200", "out of memory")
        assert await client.rows("select 1") == [["1"]]
        assert [body.reason for body in served.pen.bodies("violation")] == ["message too long"]


async def test_prepared_statements_are_bounded() -> None:
    async with logged_in() as (client, _):
        for number in range(MAX_STATEMENTS + 1):
            await client.send(message(b"P", f"s{number}\0select 1\0\0\0".encode()))
        await client.send(message(b"S"))
        answer = await client.until(b"Z")
        assert [fields_of(body)["C"] for kind, body in answer if kind == b"E"] == ["53200"]


@pytest.mark.parametrize(
    "statement",
    [
        "select " + "(" * 3_000 + "1" + ")" * 3_000,
        "select count(*) from generate_series(1, 40000) a, generate_series(1, 40000) b",
        "select repeat(repeat('x', 1000000), 1000000)",
        "select '" + "a" * 60_000 + "' ~ '(a*)*b'",
        "select " + "1+" * 20_000 + "1",
        "select lpad('', 2000000000)",
        "select * from generate_series(1, 1000000000000)",
    ],
)
async def test_costly_statement_ends_with_an_error(statement: str) -> None:
    async with logged_in() as (client, _):
        async with asyncio.timeout(20):
            answer = await client.ask(statement)
        assert answer[-1] == (b"Z", b"I")
        assert await client.rows("select 1") == [["1"]]


@pytest.mark.parametrize(
    "value",
    [
        "1" * 5_000,
        "'" + "1" * 5_000 + "'::numeric",
        "1e999999999",
        "'1e999999999'::numeric",
        "'1e999999999'::numeric + 1",
        "-'1e-999999999'::numeric",
        "9" * 400 + "." + "9" * 400,
        "'{\"a\": \"\\ud800\"}'::json ->> 'a'",
        "round(1.5, 1000000)",
        "2 ^ 100000",
        "'infinity'::float8::int",
        "'nan'::numeric::int",
        "interval '999999999 years'",
        "timestamp '9999-12-31' + interval '1 year'",
        "date '0001-01-01' - 100000",
        "1 << 1000000",
        "'99999-01-01'::date",
        "chr(55296)",
        "to_timestamp(1e300)",
        "to_char(1e300, '9')",
        "array_append(array[1], array[2])",
        "substring('abc' from -5 for 2147483647)",
        "1::money",
        "'1:99999'::interval",
        "lo_put(1, -1, 'x')",
    ],
)
async def test_value_at_the_edge_is_a_value_or_an_error(value: str) -> None:
    async with logged_in() as (client, _):
        async with asyncio.timeout(10):
            await client.ask(f"select {value}")
        assert await client.rows("select 1") == [["1"]]


async def test_web_client_is_left_without_a_word() -> None:
    async with serving(database()) as served:
        assert await ask(served, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == b""
        (violation,) = served.pen.bodies("violation")
        assert violation.data.startswith("GET / HTTP/1.1")


async def test_old_and_unknown_protocols_are_told() -> None:
    async with serving(database()) as served:
        answer = await ask(served, struct.pack("!II", 9, 65363 << 16 | 19778) + b"x")
        assert fields_of(answer[5:])["M"] == "unsupported frontend protocol 65363.19778: server supports 2.0 to 3.0"
        old = await ask(served, struct.pack("!ii", 8, 0))
        assert old == b"EFATAL:  unsupported frontend protocol 0.0: server supports 2.0 to 3.0\n\0"


async def test_newer_minor_version_is_negotiated() -> None:
    async with serving(database()) as served, connected(served) as client:
        await client.send(startup(196610, user="postgres", **{"_pq_.x": "1"}))
        assert await client.one() == (b"v", b"\0\3\0\0\0\0\0\1_pq_.x\0")


@pytest.mark.parametrize("statement", ['select "{name}"', 'select "{name}".b', 'select 1 from "{name}".t', "select {name}(1)"])
async def test_very_long_name_keeps_nobody_waiting(statement: str) -> None:
    """Nor is an expression made of it: Python keeps the last ones that it compiled."""
    async with logged_in() as (client, _):
        started = time.monotonic()
        error = await client.error(statement.format(name="a" * 900_000))
        assert error["C"] in {"42703", "42P01", "42883", "3F000"}
        assert time.monotonic() - started < 2


@pytest.mark.parametrize(("statement", "code"), [
    ("grant all on all tables in schema public to {names}", "53200"), ("select to_char(now(), repeat('Day', 300000))", ""),
    ("select 'a' like '{text}'", ""),
])  # fmt: skip
async def test_much_of_one_thing_keeps_nobody_waiting(statement: str, code: str) -> None:
    async with logged_in() as (client, _):
        started = time.monotonic()
        answer = await client.ask(statement.format(names=",".join(["a"] * 300_000), text="a" * 900_000))
        assert [fields_of(body)["C"] for kind, body in answer if kind == b"E"] == ([code] if code else [])
        assert time.monotonic() - started < 2
