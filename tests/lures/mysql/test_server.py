# SPDX-License-Identifier: MIT
"""The life of connections: commands on the wire, worlds of addresses, what is no protocol."""

import asyncio
import struct

from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.mysql.handshake import CONNECT_ATTRS, PLUGIN_AUTH, attributes_of, parse_response
from decnet.lures.mysql.packets import BrokenPacketError, Reader, string
from decnet.lures.mysql.server import MAX_CONNECT_ERRORS, MAX_WORLDS
from tests.lures.mysql.database import MARIADB, MYSQL, database, exchange, packet, read_packet
from tests.lures.mysql.test_entrance import PLUGIN, login, native
from tests.support.lures import Served, ask, serving

QUIT, INIT_DB, QUERY, FIELD_LIST, STATISTICS, PING = b"\x01", b"\x02", b"\x03", b"\x04", b"\x09", b"\x0e"
OK = b"\x07\0\0\x01\0\0\0\x02\0\0\0"


async def commands(served: Served, *sent: bytes, packets_each: int = 1) -> list[bytes]:
    """Log in, send commands, and return the first packets of each answer."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    async with asyncio.timeout(20):
        greeting = await read_packet(reader)
        start = greeting.index(b"\0", 5) + 5
        scramble = greeting[start : start + 8] + greeting[start + 27 : start + 39]
        proof = native(b"secret", scramble)
        writer.write(packet(1, login(b"root", proof, flags=PLUGIN, plugin=b"mysql_native_password")))
        assert (await read_packet(reader))[4:5] == b"\0"
        found = []
        for command in sent:
            writer.write(packet(0, command))
            found.append(b"".join([await read_packet(reader) for _ in range(packets_each)]))
        writer.close()
        await writer.wait_closed()
    await served.session_ended()
    return found


async def test_commands_are_answered_as_by_a_server() -> None:
    lure = database()
    name = lure.instance.dataset.name.encode()
    async with serving(lure) as served:
        ping, chosen, missing, unknown, line = await commands(
            served, PING, INIT_DB + name, INIT_DB + b"no", b"\x63", STATISTICS
        )
    assert ping == chosen == OK
    assert missing == packet(1, b"\xff\x19\x04#42000Unknown database 'no'")
    assert unknown == packet(1, b"\xff\x17\x04#08S01Unknown command")
    assert line[4:].startswith(b"Uptime: ")
    assert [body.command for body in served.pen.bodies("command")][:2] == [f"USE {name.decode()}", "USE no"]


async def test_a_result_is_columns_then_rows() -> None:
    async with serving(database()) as served:
        count, column, end, row, last = [
            (await commands(served, QUERY + b"SELECT 1 AS a", packets_each=5))[0][place:stop]
            for place, stop in ((0, 5), (5, 32), (32, 41), (41, 47), (47, 56))
        ]
    assert count == packet(1, b"\x01")
    assert column[4:].startswith(b"\x03def\0\0\0\x01a\0\x0c\x3f\0")
    assert end == packet(3, b"\xfe\0\0\x02\0")
    assert row == packet(4, b"\x011")
    assert last == packet(5, b"\xfe\0\0\x02\0")


async def test_a_column_is_as_wide_as_the_protocol_can_say() -> None:
    width = b"\xff\xff\xff\xff"
    async with serving(database()) as served:
        for statement in (b"SELECT CAST('x' AS CHAR(99999999999)) AS a", b"SELECT CAST('x' AS CHAR(4294967295)) AS a"):
            (answer,) = await commands(served, QUERY + statement, packets_each=2)
            assert answer[5 + 4 :].startswith(b"\x03def\0\0\0\x01a\0\x0c\x21\0" + width)
    assert served.pen.failures == []


async def test_prepared_statements_pass_in_the_binary_form() -> None:
    prepare = b"\x16SELECT ? + 1 AS a, ?"
    execute = b"\x17\x01\0\0\0\0\x01\0\0\0" + b"\0\x01" + b"\x08\0\xfd\0" + struct.pack("<q", 41) + b"\x02hi"
    async with serving(database()) as served:
        prepared = (await commands(served, prepare))[0]
        assert prepared[4:] == b"\0\x01\0\0\0\x02\0\x02\0\0\0\0"
        reader, writer = await asyncio.open_connection(served.host, served.port)
        greeting = await read_packet(reader)
        start = greeting.index(b"\0", 5) + 5
        scramble = greeting[start : start + 8] + greeting[start + 27 : start + 39]
        writer.write(packet(1, login(b"root", native(b"secret", scramble), flags=PLUGIN, plugin=b"mysql_native_password")))
        await read_packet(reader)
        writer.write(packet(0, prepare))
        for _ in range(7):
            await read_packet(reader)
        writer.write(packet(0, execute))
        answer = [await read_packet(reader) for _ in range(6)]
        writer.close()
        await writer.wait_closed()
        await served.session_ended()
    assert answer[4][4:6] == b"\0\0"
    assert answer[4][6:] in (struct.pack("<q", 42) + b"\x02hi", struct.pack("<d", 42) + b"\x02hi")
    assert served.pen.bodies("command")[-1].detail["parameter 1"] == "hi"


def execution(*values: bytes) -> bytes:
    """Return the command that executes the first prepared statement with texts."""
    kinds = b"\xfd\0" * len(values)
    return b"\x17\x01\0\0\0\0\x01\0\0\0" + bytes((len(values) + 7) // 8) + b"\x01" + kinds + b"".join(map(string, values))


async def bound(statement: bytes, *sent: bytes, raw: bytes = packet(0, b"\x01")) -> Served:
    """Prepare a statement, send commands without waiting for answers, and leave; ``raw`` are the last bytes."""
    async with serving(database()) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        async with asyncio.timeout(20):
            greeting = await read_packet(reader)
            start = greeting.index(b"\0", 5) + 5
            scramble = greeting[start : start + 8] + greeting[start + 27 : start + 39]
            writer.write(packet(1, login(b"root", native(b"secret", scramble), flags=PLUGIN, plugin=b"mysql_native_password")))
            writer.writelines(packet(0, command) for command in (b"\x16" + statement, *sent))
            writer.write(raw)
            await reader.read()
        writer.close()
        await served.session_ended()
    return served


async def test_values_of_a_prepared_statement_are_evidence_each_time_and_to_the_byte() -> None:
    """What is written in portions, as files and programs are, comes as the same statement with other values."""
    portions = [b"portion %d" % number for number in range(6)]
    long = bytes(range(256)) * 40
    served = await bound(b"SELECT ?", *map(execution, [*portions, long]))
    executed = [body.detail["parameter 0"] for body in served.pen.bodies("command") if "parameter 0" in body.detail]
    assert executed[:-1] == [portion.decode() for portion in portions]
    (file,) = served.pen.bodies("file")
    assert (served.pen.blobs[file.sha256], file.path) == (long, "parameter 0")


async def test_values_beyond_those_that_a_record_names_are_counted() -> None:
    served = await bound(b"SELECT " + b",".join([b"?"] * 130), execution(*(b"x" for _ in range(130))))
    detail = served.pen.bodies("command")[-1].detail
    assert (detail["parameter 99"], detail["further values"]) == ("x", "30")


async def test_password_that_comes_beside_its_statement_is_part_of_no_body() -> None:
    served = await bound(b"UPDATE mysql.user SET authentication_string=PASSWORD(?)", execution(b"hunter2"))
    assert b"hunter2" in served.pen.secrets()
    assert "hunter2" not in str([body for _, body, _ in served.pen.records])


async def test_long_value_is_evidence_whether_it_is_used_or_not() -> None:
    part = b"\x7fELF" * 1000

    def sent(statement: int) -> bytes:
        return b"\x18" + struct.pack("<IH", statement, 0) + part

    for ending in (b"\x19\x01\0\0\0", b"\x1a\x01\0\0\0", b"\x1f", b"\x01"):
        served = await bound(b"SELECT ?", sent(1), sent(1), ending)
        assert part * 2 in served.pen.blobs.values(), ending
    served = await bound(b"SELECT ?", sent(7))
    assert part in served.pen.blobs.values()
    served = await bound(b"SELECT ?", *([sent(1)] * 300), execution(b""))
    assert served.pen.bodies("command")[-1].detail["left out"] == f"{300 * 4000 - (1 << 20) // 4000 * 4000} bytes"


def test_attributes_of_a_client_that_are_too_many_are_counted() -> None:
    pairs = b"".join(string(b"name%d" % number) + string(b"value") for number in range(70))
    found = attributes_of(Reader(string(pairs)))
    assert (len(found), found[b"name63"], found[b"further attributes"]) == (65, b"value", b"6")


async def test_what_a_replica_tells_of_itself_is_evidence_without_its_password() -> None:
    served = await bound(b"SELECT 1", b"\x15" + bytes(4) + b"\x04evil" + b"\x04repl" + b"\x07hunter2" + bytes(10))
    assert served.pen.bodies("command")[-1].detail == {"host": "evil", "user": "repl"}
    assert b"hunter2" in served.pen.secrets()
    assert "hunter2" not in str([body for _, body, _ in served.pen.records])


async def test_command_that_is_malformed_or_out_of_order_is_evidence_and_may_be_a_secret() -> None:
    served = await bound(b"SELECT ?", b"\x17\x01\0\0\0hunter2")
    assert served.pen.bodies("command")[-1].detail == {"is": "malformed"}
    assert b"\x17\x01\0\0\0hunter2" in served.pen.secrets()
    served = await bound(b"SELECT 1", raw=packet(7, b"\x03SET PASSWORD = 'hunter2'"))
    assert [body.reason for body in served.pen.bodies("violation")] == ["a packet out of order"]
    assert b"hunter2" in b"".join(served.pen.secrets())
    assert "hunter2" not in str([body for _, body, _ in served.pen.records])


async def test_a_client_is_never_asked_for_a_file() -> None:
    async with serving(database()) as served:
        answer = (await commands(served, QUERY + b"LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t"))[0]
    assert answer[4:5] == b"\xff"


async def test_what_comes_in_halves_or_is_nonsense_ends_in_a_record() -> None:
    async with serving(database()) as served:
        for pieces in ((b"\x20\0\0",), (b"\xff" * 300,), (packet(1, login(b"x"))[:20],), (b"",)):
            await ask(served, *pieces)
    assert served.pen.failures == []


async def test_an_address_that_breaks_too_many_handshakes_is_blocked() -> None:
    async with serving(database()) as served:
        for _ in range(MAX_CONNECT_ERRORS):
            await exchange(served, packet(1, b""))
        blocked = (await exchange(served))[0]
    assert blocked[4:7] == b"\xff\x69\x04"
    assert b"Host '127.0.0.1' is blocked because of many connection errors" in blocked


def test_addresses_have_worlds_of_their_own_and_the_oldest_goes() -> None:
    lure = database()
    first = lure.world_of("198.51.100.1")
    assert lure.world_of("198.51.100.1") is first
    for number in range(2, MAX_WORLDS + 2):
        lure.world_of(f"198.51.100.{number}")
    assert lure.world_of("198.51.100.1") is not first


def test_two_decoys_differ_and_one_stays() -> None:
    def facts(seed: str, version: str = MYSQL) -> list[object]:
        instance = database(version, seed, accounts=()).instance
        return [instance.dataset.name, instance.dataset.password, [account.hashed for account in instance.accounts],
                instance.started_at, instance.machine.identifier("mysql server")]  # fmt: skip

    assert facts("a") == facts("a")
    assert all(one != other for one, other in zip(facts("a")[1:], facts("b")[1:], strict=True))


def test_the_shell_sees_the_server_that_the_lure_is() -> None:
    for version, program in ((MARIADB, "mariadbd"), (MYSQL, "mysqld")):
        instance = database(version, accounts=()).instance
        (listening,) = [one for one in instance.machine.listening if one.port == 3306]
        assert (listening.program, listening.started_at) == (program, instance.started_at)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_handshake_or_broken(data: bytes) -> None:
    for head in (b"", struct.pack("<II", 0x81BFF7DF & ~0x800 | PLUGIN_AUTH | CONNECT_ATTRS, 1 << 24) + b"\x21" + bytes(23)):
        try:
            assert parse_response(head + data).flags >= 0
        except BrokenPacketError:
            continue


@given(st.binary(max_size=60))
def test_any_bytes_can_be_read_or_are_broken(data: bytes) -> None:
    for method in (Reader.encoded, Reader.string, Reader.terminated, Reader.rest):
        try:
            method(Reader(data))
        except BrokenPacketError:
            continue
