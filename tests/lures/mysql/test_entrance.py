# SPDX-License-Identifier: MIT
"""The login on the wire, byte for byte as MariaDB answers it."""

import asyncio
import hashlib
import struct

import pytest
from honeypot_auditor.probes.mysql import probe_mysql

from decnet.lures.mysql.handshake import (
    CONNECT_WITH_DB,
    PLUGIN_AUTH,
    PROTOCOL_41,
    SECURE_CONNECTION,
    SSL,
)
from tests.lures.mysql.database import MARIADB, MYSQL, database, exchange, packet
from tests.support.lures import serving

FLAGS = 0x0000A285
PLUGIN = FLAGS | PLUGIN_AUTH


def login(user: bytes, proof: bytes = b"", *, flags: int = FLAGS, plugin: bytes = b"", name: bytes = b"") -> bytes:
    """Return a HandshakeResponse41."""
    tail = (name + b"\0" if flags & CONNECT_WITH_DB else b"") + (plugin + b"\0" if flags & PLUGIN_AUTH else b"")
    return struct.pack("<II", flags, 1 << 24) + b"\x21" + bytes(23) + user + b"\0" + bytes([len(proof)]) + proof + tail


def native(password: bytes, scramble: bytes) -> bytes:
    """Return the answer of mysql_native_password."""
    inner = hashlib.sha1(password).digest()
    outer = hashlib.sha1(scramble + hashlib.sha1(inner).digest()).digest()
    return bytes(a ^ b for a, b in zip(inner, outer, strict=True))


async def test_the_greeting_is_mariadb_s() -> None:
    async with serving(database()) as served:
        one = (await exchange(served))[0]
        other = (await exchange(served))[0]
    assert one[:5] == b"\x63\0\0\0\x0a"
    assert one[5:].startswith(b"5.5.5-10.5.23-MariaDB-0+deb11u1\0")
    end = 5 + 32
    assert one[end + 12 : end + 31] == b"\0\xde\xf7\x2d\x02\x00\xff\x81\x15" + bytes(6) + b"\x0d\0\0\0"
    assert one.endswith(b"\0mysql_native_password\0")
    assert one[end : end + 12] != other[end : end + 12]


async def test_the_greeting_is_mysql_s_and_promises_no_compression() -> None:
    async with serving(database(MYSQL)) as served:
        one = (await exchange(served))[0]
    end = 5 + len(MYSQL) + 1 + 4 + 8
    assert one[4:].startswith(b"\x0a" + MYSQL.encode() + b"\0")
    assert one[end : end + 19] == b"\0\xdf\xff\xff\x02\x00\xff\xdb\x15" + bytes(10)
    assert one.endswith(b"\0caching_sha2_password\0")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (packet(0, login(b"a")), b"!\0\0\x01\xff\x84\x04#08S01Got packets out of order"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"!\0\0\x01\xff\x84\x04#08S01Got packets out of order"),
        (packet(1, struct.pack("<II", FLAGS | SSL, 1) + b"\x21" + bytes(23)), b"\x16\0\0\x02\xff\x13\x04#08S01Bad handshake"),
        (packet(1, b"\x85"), b"\x16\0\0\x02\xff\x13\x04#08S01Bad handshake"),
        (packet(1, b""), b"\x16\0\0\x02\xff\x13\x04#08S01Bad handshake"),
    ],
    ids=["number", "http", "tls", "short", "empty"],
)
async def test_a_broken_handshake_is_answered_as_by_a_real_server(sent: bytes, answer: bytes) -> None:
    """What a MariaDB of Debian answered to the same bytes."""
    async with serving(database()) as served:
        assert (await exchange(served, sent))[1] == answer
    assert [body.reason for body in served.pen.bodies("violation")] != []


async def test_another_plugin_is_switched_and_its_answer_can_be_checked() -> None:
    async with serving(database()) as served:
        asked = (await exchange(served, packet(1, login(b"root", flags=PLUGIN, plugin=b"caching_sha2_password"))))[1]
    assert asked[3:27] == b"\x02\xfemysql_native_password\0"
    assert len(asked) == 48


async def test_a_refused_login_keeps_what_can_be_attacked_offline() -> None:
    async with serving(database()) as served:
        greeting, denied = await exchange(served, packet(1, login(b"root", b"x" * 20)))
        assert denied[4:] == b"\xff\x15\x04#28000Access denied for user 'root'@'127.0.0.1' (using password: YES)"
    body = served.pen.bodies("credential")[0]
    assert body.detail["response"] == "78" * 20
    challenge = bytes.fromhex(body.detail["challenge"])
    assert challenge[:8] in greeting
    assert challenge[8:] in greeting


async def test_a_login_s_proof_is_that_of_the_password() -> None:
    """The challenge and the response of the record give the password away to whoever guesses it."""
    flags = FLAGS | CONNECT_WITH_DB
    async with serving(database()) as served:
        await exchange(served, packet(1, login(b"root", native(b"guess", b"?" * 20), flags=flags, name=b"x")))
    assert native(b"guess", b"?" * 20).hex() == served.pen.bodies("credential")[0].detail["response"]


async def test_a_password_that_comes_in_clear_is_kept() -> None:
    async with serving(database()) as served:
        await exchange(served, packet(1, login(b"bob", b"s3cret\0", flags=PLUGIN, plugin=b"mysql_clear_password")))
    assert served.pen.secrets() == [b"s3cret"]
    assert served.pen.bodies("credential")[0].username == "bob"


async def test_a_client_from_before_4_1_is_told_so() -> None:
    async with serving(database()) as served:
        old = packet(1, struct.pack("<H", 5) + b"\0\0\x01root\0abcdefgh\0")
        assert b"#08004Client does not support authentication protocol" in (await exchange(served, old))[1]


@pytest.mark.parametrize("version", [MARIADB, MYSQL])
async def test_an_auditor_finds_no_sign_of_a_honeypot(version: str) -> None:
    async with serving(database(version)) as served:
        found = await asyncio.to_thread(probe_mysql, served.host, served.port)
    assert [indicator.id for indicator in found if indicator.triggered] == []
    assert [indicator.id for indicator in found if indicator.skipped and indicator.id != "mysql.auth_error_clone"] == []


def test_flags_are_what_they_are_called() -> None:
    assert FLAGS & PROTOCOL_41
    assert FLAGS & SECURE_CONNECTION
