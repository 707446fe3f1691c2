# SPDX-License-Identifier: MIT
"""
Passwords of operators, and the random texts that stand for somebody who logged in.

A password is kept as an Argon2id hash (RFC 9106) in the format of the Password Hashing Competition, with the least that OWASP
advises: 19 MiB of memory, two passes, one lane; about 30 ms of a core. What browsers and programs show is random, 256 bits,
so that its SHA-256 is as good as a slow hash.
"""

import hashlib
import os
import secrets
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from decnet.errors import PlanError

SHORTEST: Final = 12
LONGEST_BYTES: Final = 256
TOKEN_PREFIX: Final = "decnet_"  # noqa: S105 - how a token begins, so that scanners for leaked ones know it
_MEMORY_KIB: Final = 19 * 1024
_PASSES: Final = 2
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 4
_GROUP_LETTERS: Final = 5


def hashed(password: str) -> str:
    """Return the hash to keep; it takes its time, so not in the event loop."""
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(_bytes(password))


def is_right(password: str, kept: str) -> bool:
    """Say whether a password is the one of a hash; takes as long as ``hashed``."""
    try:
        Argon2id.verify_phc_encoded(_bytes(password), kept)
    except InvalidKey:
        return False
    return True


def generated() -> str:
    """Return a new password of 99 random bits, easy to read and to type: ``k3vfm-…``."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LETTERS)) for _ in range(_GROUPS))
    return "-".join(groups)


def check(password: str) -> None:
    """Raise ``PlanError`` for what is no good password; length is what counts (NIST SP 800-63B, section 5.1.1.2)."""
    if len(password) < SHORTEST:
        raise PlanError(f"the password is shorter than {SHORTEST} characters", remedy="choose a longer one")
    if len(_bytes(password)) > LONGEST_BYTES:
        raise PlanError(f"the password is longer than {LONGEST_BYTES} bytes", remedy="choose a shorter one")
    if len(set(password)) < SHORTEST // 3:
        raise PlanError("the password repeats a few characters", remedy="choose another one")


def new_ticket(prefix: str = "") -> str:
    """Return a random text of 256 bits that stands for somebody; only he has it."""
    return prefix + secrets.token_urlsafe(32)


def digest(ticket: str) -> bytes:
    """Return what is kept of a ticket."""
    return hashlib.sha256(ticket.encode("utf-8", "surrogateescape")).digest()


def _bytes(password: str) -> bytes:
    """Return what is hashed; whatever JSON can hold is a password."""
    return password.encode("utf-8", "surrogatepass")
