# SPDX-License-Identifier: MIT
"""Extended queries."""

import struct

from tests.lures.postgresql.database import Message, fields_of, logged_in, message


def parse(name: str, statement: str, *oids: int) -> bytes:
    """Return Parse."""
    return message(b"P", f"{name}\0{statement}\0".encode() + struct.pack(f"!H{len(oids)}I", len(oids), *oids))


def bind(name: str, *values: bytes, form: int = 0) -> bytes:
    """Return Bind of the unnamed portal."""
    body = b"\0" + name.encode() + b"\0" + struct.pack("!HHH", 1, form, len(values))
    return message(b"B", body + b"".join(struct.pack("!i", len(one)) + one for one in values) + struct.pack("!H", 0))


def kinds(answer: list[Message]) -> bytes:
    """Return the kinds of messages."""
    return b"".join(kind for kind, _ in answer)


EXECUTE, SYNC = message(b"E", b"\0\0\0\0\0"), message(b"S")


async def test_statement_is_described_bound_and_run() -> None:
    async with logged_in() as (client, _):
        await client.send(
            parse("p", "select $1 + 1", 23), message(b"D", b"Sp\0"), bind("p", b"41"), message(b"D", b"P\0"), EXECUTE, SYNC
        )
        assert kinds(await client.until(b"Z")) == b"1tT2TDCZ"
        await client.send(bind("p", struct.pack("!i", 1), form=1), EXECUTE, message(b"C", b"Sp\0"), SYNC)
        assert kinds(await client.until(b"Z")) == b"2DC3Z"


async def test_rows_come_in_portions() -> None:
    async with logged_in() as (client, _):
        portion = message(b"E", b"\0" + struct.pack("!i", 2))
        await client.send(parse("", "select * from generate_series(1, 3)"), bind(""), portion, portion, SYNC)
        assert kinds(await client.until(b"Z")) == b"12DDsDCZ"


async def test_error_is_followed_by_silence_up_to_sync() -> None:
    async with logged_in() as (client, _):
        await client.send(parse("", "selec"), bind(""), EXECUTE, SYNC)
        assert kinds(await client.until(b"Z")) == b"EZ"
        await client.send(bind("nosuch"), SYNC)
        found = fields_of((await client.until(b"Z"))[0][1])
        assert found["C"] == "26000"


async def test_empty_statement_has_an_answer_of_its_own() -> None:
    async with logged_in() as (client, _):
        await client.send(parse("", ""), bind(""), message(b"D", b"P\0"), EXECUTE, SYNC)
        assert kinds(await client.until(b"Z")) == b"12nIZ"


async def test_parameters_are_recorded_and_secrets_apart() -> None:
    async with logged_in() as (client, served):
        await client.send(parse("", "select set_config('a.b', $1, false)"), bind("", b"hidden"), EXECUTE, SYNC)
        await client.until(b"Z")
        assert b"hidden" in served.pen.secrets()
        assert served.pen.bodies("command")[-1].detail == {"$1": "[secret]"}


async def test_parameters_beyond_those_that_a_record_names_are_counted() -> None:
    names = ",".join(f"${number}" for number in range(1, 131))
    async with logged_in() as (client, served):
        await client.send(parse("", f"select {names}"), bind("", *(b"x" for _ in range(130))), EXECUTE, SYNC)
        await client.until(b"Z")
        detail = served.pen.bodies("command")[-1].detail
    assert (detail["$100"], detail["further values"], len(detail)) == ("x", "30", 101)
