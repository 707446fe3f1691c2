# SPDX-License-Identifier: MIT
"""
Host keys that follow from a decoy's seed: the same after every restart, others for every decoy, and never on a disk.

Ed25519 takes its seed and ECDSA its scalar from ``Persona.derive``. The RSA key costs about
a second of arithmetic, to be done once and away from the event loop.
"""

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from decnet.domain.persona import Persona
from decnet.lures.derived_rsa import rsa_key

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def host_keys(persona: Persona, rsa_bits: int) -> tuple[asyncssh.SSHKey, asyncssh.SSHKey, asyncssh.SSHKey]:
    """Return the RSA, ECDSA and Ed25519 host keys, in sshd's order; takes about a second of processor time."""
    comment = f"root@{persona.hostname}"
    private = (
        rsa_key(persona, "ssh rsa", rsa_bits),
        _ecdsa(persona),
        ed25519.Ed25519PrivateKey.from_private_bytes(persona.derive("ssh ed25519")),
    )
    first, second, third = (asyncssh.import_private_key(_pem(key)) for key in private)
    for key in (first, second, third):
        key.set_comment(comment)
    return first, second, third


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """Return the key in the form that asyncssh reads."""
    return key.private_bytes(
        encoding=serialization.Encoding.PEM,
        format=serialization.PrivateFormat.PKCS8,
        encryption_algorithm=serialization.NoEncryption(),
    )


def _ecdsa(persona: Persona) -> ec.EllipticCurvePrivateKey:
    """Derive a P-256 key; the scalar is even over the group (FIPS 186-5, A.2.1: 64 extra bits)."""
    scalar = int.from_bytes(persona.derive("ssh ecdsa", 40)) % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())
