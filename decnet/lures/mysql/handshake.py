# SPDX-License-Identifier: MIT
"""The first packets of a connection: the server's greeting, what the client answers, and how logins are proven."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from decnet.lures.mysql.packets import BrokenPacketError, Reader
from decnet.lures.mysql.product import Product

LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB, LOCAL_FILES, PROTOCOL_41, SSL = 1, 2, 4, 8, 0x80, 0x200, 0x800
SECURE_CONNECTION, MULTI_STATEMENTS, PLUGIN_AUTH, CONNECT_ATTRS = 0x8000, 0x10000, 0x80000, 0x100000
LENGTH_ENCODED_AUTH, SESSION_TRACK, DEPRECATE_EOF, QUERY_ATTRIBUTES = 0x200000, 0x800000, 0x1000000, 0x8000000
MARIADB_EXTENDED_METADATA = 8
NATIVE, SHA2, CLEAR = b"mysql_native_password", b"caching_sha2_password", b"mysql_clear_password"
STATUS_AUTOCOMMIT = 2
_MARIADB_FLAGS = 0x81FFF7DE
_MARIADB_OLD_FLAGS = 0x81BFF7DE
_MYSQL_FLAGS = 0xDBFFFFDF
"""Without compression (0x20 and, of MySQL, zstd: 0x4000000), and MariaDB's without TLS, as its packages come."""
_MAX_ATTRIBUTES = 64
_SHOWN_ATTRIBUTE = 256
_SCRAMBLE = bytes(byte for byte in range(33, 127) if byte not in b"$")


def capabilities_of(product: Product) -> int:
    """Return what the server can do."""
    if not product.is_mariadb:
        return _MYSQL_FLAGS
    return _MARIADB_FLAGS if product.number >= 100_403 else _MARIADB_OLD_FLAGS


def new_scramble() -> bytes:
    """Return 20 bytes that a login is proven with, none of them zero."""
    return bytes(secrets.choice(_SCRAMBLE) for _ in range(20))


def greeting(product: Product, connection: int, scramble: bytes) -> bytes:
    """Return the first packet: HandshakeV10."""
    flags = capabilities_of(product)
    extended = b"\0" * 10
    if product.is_mariadb:
        extended = b"\0" * 6 + (0x0D if product.number >= 100_502 else 0x05).to_bytes(4, "little")
    return (
        b"\x0a" + product.greeting.encode() + b"\0" + (connection & 0xFFFFFFFF).to_bytes(4, "little") + scramble[:8] + b"\0"
        + (flags & 0xFFFF).to_bytes(2, "little") + bytes([product.greeting_collation_id]) + STATUS_AUTOCOMMIT.to_bytes(2,
            "little")
        + (flags >> 16).to_bytes(2,
                                 "little") + b"\x15" + extended + scramble[8:] + b"\0" + product.default_plugin.encode() + b"\0"
    )  # fmt: skip


@dataclass
class Response:
    """What the client answers to the greeting; ``is_short`` where it only asks for TLS."""

    flags: int
    charset: int = 0
    user: bytes = b""
    proof: bytes = b""
    database: bytes = b""
    plugin: bytes = b""
    attributes: dict[bytes, bytes] = field(default_factory=dict)
    largest_packet: int = 0
    extended_flags: int = 0
    is_short: bool = False

    def has(self, flag: int) -> bool:
        """Whether the client can do something."""
        return bool(self.flags & flag)


def parse_response(payload: bytes) -> Response:
    """Take a HandshakeResponse apart, of protocol 4.1 or older; raises ``BrokenPacketError``."""
    reader = Reader(payload)
    if len(payload) < 4 or not payload[1] & PROTOCOL_41 >> 8:
        return _parse_old(reader)
    response = Response(reader.integer(4))
    response.largest_packet = reader.integer(4)
    response.charset = reader.integer(1)
    filler = reader.take(23)
    if not response.has(LONG_PASSWORD):
        response.extended_flags = int.from_bytes(filler[19:], "little")
    response.is_short = len(payload) == reader.position
    if response.is_short:
        return response
    response.user = reader.terminated()
    response.proof = _proof(reader, response)
    if response.has(CONNECT_WITH_DB) and not reader.is_end:
        response.database = reader.terminated()
    if response.has(PLUGIN_AUTH) and not reader.is_end:
        response.plugin = reader.terminated()
    if response.has(CONNECT_ATTRS) and not reader.is_end:
        response.attributes = attributes_of(reader)
    return response


def _proof(reader: Reader, response: Response) -> bytes:
    """Return what a client proves its login with, in the form that its flags tell."""
    if response.has(LENGTH_ENCODED_AUTH):
        return reader.string()
    if response.has(SECURE_CONNECTION):
        return b"" if reader.is_end else reader.take(reader.integer(1))
    return reader.terminated()


def _parse_old(reader: Reader) -> Response:
    """Take the answer of a client from before 4.1 apart."""
    response = Response(reader.integer(2))
    response.largest_packet = reader.integer(3)
    if reader.is_end:
        response.is_short = response.has(SSL)
        if not response.is_short:
            raise BrokenPacketError
        return response
    response.user = reader.terminated()
    response.proof = reader.terminated() if response.has(CONNECT_WITH_DB) else reader.rest().rstrip(b"\0")
    if response.has(CONNECT_WITH_DB):
        response.database = reader.terminated()
    return response


def attributes_of(reader: Reader) -> dict[bytes, bytes]:
    """Return what a client tells of itself; what is too much of it is counted, what is broken ends it."""
    found: dict[bytes, bytes] = {}
    further = 0
    try:
        inner = Reader(reader.string())
        while not inner.is_end:
            name, value = inner.string(), inner.string()
            if len(found) < _MAX_ATTRIBUTES:
                found[name[:_SHOWN_ATTRIBUTE]] = value[:_SHOWN_ATTRIBUTE]
            else:
                further += 1
    except BrokenPacketError:
        pass
    return found | ({b"further attributes": b"%d" % further} if further else {})


def proves_native(proof: bytes, scramble: bytes, password: bytes) -> bool:
    """Whether an answer of mysql_native_password is that of a password."""
    if not password:
        return not proof
    inner = hashlib.sha1(password, usedforsecurity=False).digest()
    outer = hashlib.sha1(scramble + hashlib.sha1(inner, usedforsecurity=False).digest(), usedforsecurity=False).digest()
    return hmac.compare_digest(proof, bytes(a ^ b for a, b in zip(inner, outer, strict=True)))


def proves_sha2(proof: bytes, scramble: bytes, password: bytes) -> bool:
    """Whether an answer of caching_sha2_password is that of a password."""
    if not password:
        return not proof
    inner = hashlib.sha256(password).digest()
    outer = hashlib.sha256(hashlib.sha256(inner).digest() + scramble).digest()
    return hmac.compare_digest(proof, bytes(a ^ b for a, b in zip(inner, outer, strict=True)))
