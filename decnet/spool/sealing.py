# SPDX-License-Identifier: MIT
"""
What attackers sent, on its way to the store: unreadable on the disk to everybody but the ingester.

Each segment of a spool, and each captured file, has a data key of its own. The writer seals it to the ingester's public key
(HPKE, RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305) and writes it in front of what it encrypts (ChaCha20-Poly1305,
RFC 8439). Whoever takes the writer over finds the keys of what is being written, and nothing that opens what is older.

Everything is encrypted, not secrets alone: that a word in a command or a file is a password shows only when somebody uses it,
and by then it is written.
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from decnet.errors import ConfigError, DamagedError

KEY_BYTES = 32
NONCE_BYTES = 12
BLOCK_BYTES = 64
SEALED_KEY_BYTES = 80
"""What HPKE makes of a data key: 32 bytes of the sender's public key, the key, a tag of 16 bytes."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class DataKey:
    """
    Encrypts and decrypts what the records of one segment say.

    It becomes a random nonce of 12 bytes and the ciphertext: a write that failed may be tried again under the same sequence,
    so that the sequence would be no nonce.
    """

    def __init__(self, raw: bytes) -> None:
        self._cipher = ChaCha20Poly1305(raw)

    def encrypt(self, content: bytes, bound: bytes) -> bytes:
        """Return ``content``, readable only together with what stands in clear beside it."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded(content), bound)

    def decrypt(self, sealed: bytes, bound: bytes) -> bytes:
        """Return the content of a record; raise ``DamagedError`` where it, or what stands beside it, was changed."""
        try:
            return unpadded(self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound))
        except (InvalidTag, ValueError) as error:
            raise DamagedError("the content of the record cannot be opened") from error


def padded(data: bytes, block: int = BLOCK_BYTES) -> bytes:
    """Return data with a mark and zeros up to whole blocks (ISO/IEC 7816-4), so that a length tells no password."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpadded(data: bytes) -> bytes:
    """Return what was padded; raise ``ValueError`` where the mark is missing."""
    bare = data.rstrip(b"\0")
    if not bare.endswith(b"\x80"):
        raise ValueError("the end is not marked")
    return bare[:-1]


def fingerprint(public_key: X25519PublicKey) -> str:
    """Return 16 hexadecimal digits that tell whose key something is sealed to."""
    return hashlib.sha256(public_key.public_bytes_raw()).hexdigest()[:16]


def purpose(host: str, writer: str, first: int) -> bytes:
    """Return what a sealed data key is bound to: one segment of one writer."""
    return f"decnet spool segment\0{host}\0{writer}\0{first}".encode()


def new_key(public_key: X25519PublicKey, info: bytes) -> tuple[bytes, bytes]:
    """Return a new data key, and the same sealed to ``public_key`` for the purpose that ``info`` names."""
    raw = ChaCha20Poly1305.generate_key()
    return raw, _SUITE.encrypt(raw, public_key, info)


def open_key(sealed: bytes, private_key: X25519PrivateKey, info: bytes) -> bytes:
    """Return a sealed data key; raise ``DamagedError`` where it is not for this key or not for this purpose."""
    try:
        return _SUITE.decrypt(sealed, private_key, info)
    except (InvalidTag, ValueError) as error:
        raise DamagedError("the data key is not sealed to this host's key") from error


def read_public_key(path: Path) -> X25519PublicKey:
    """Return the public key of a file (64 hexadecimal digits); raise ``ConfigError`` where there is none."""
    try:
        return X25519PublicKey.from_public_bytes(bytes.fromhex(path.read_text("ascii").strip()))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the ingester's public key cannot be read from {path}: {error}", remedy="decnet secrets create"
        ) from error
